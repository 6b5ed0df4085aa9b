"""What only sells, in the languages that the other rules of `serving.policy.wording` do not read.

In Latin letters without marks (as `serving.policy.letters` folds them) words and phrases of one more rule; in other
alphabets parts of words. Everyday senses are left out: a German `Aktion` or `Angebot`, a French `remise` of a parcel or
`solde` of an account, a Spanish `descuento en nómina`, an Arabic debit (`تم خصم`), a train missed in Hindi (`छूट गई`).
"""

import re
from collections.abc import Iterator

from serving.policy.letters import normalised
from serving.policy.phrasing import Rule

_WRITTEN = """
скидк скидок распродаж промокод промо-код купон спецпредложени специальное~предложение выгодное~предложение
бесплатный~подарок подарок~при розыгрыш выиграй кэшбэк кешбэк дешевле акционн знижк знижок розпродаж дешевше
безкоштовна~доставка бесплатная~доставка намаление отстъпк разпродаж попуст распродаја жеңілдік хямдрал
έκπτωση εκπτώσει εκπτώσεω εκπτωτικ κουπόνι ειδική~προσφορά μοναδική~προσφορά προσφορές δωροεπιταγ ξεπούλημα
δωρεάν~δώρο
كود~خصم رمز~خصم قسيمة~شراء قسيمة~خصم قسيمة~هدية خصومات خصم~يصل خصم~حتى خصم~بنسبة
خصم~إضافي خصم~خاص خصم~حصري خصم~فوري عرض~خاص عروض~خاصة عروض~حصرية
عروضنا تخفيضات تخفيض~على كوبون هدية~مجانية هدية~مجانا شحن~مجاني توصيل~مجاني تسوق~الآن اشتر~الآن نصف~السعر
تخفیف پیشنهاد~ویژه ارسال~رایگان خصوصی~رعایت ڈسکاؤنٹ رعایتی مفت~تحفہ
הנחה הנחות קופון מבצע~מיוחד מבצעים מתנה~חינם משלוח~חינם חצי~מחיר
डिस्काउंट कूपन प्रोमो ऑफर ऑफ़र भारी~छूट विशेष~छूट पर~छूट की~छूट प्रतिशत~छूट %~छूट मुफ्त~उपहार मुफ़्त~उपहार
कैशबैक वाउचर सवलत
ডিসকাউন্ট অফার মূল্যছাড় কুপন ক্যাশব্যাক %~ছাড় শতাংশ~ছাড় ડિસ્કાઉન્ટ ઓફર ਡਿਸਕਾਊਂਟ தள்ளுபடி சலுகை கூப்பன்
తగ్గింపు ఆఫర్ డిస్కౌంట్ ರಿಯಾಯಿತಿ ಡಿಸ್ಕೌಂಟ್ കിഴിവ് ഡിസ്കൗണ്ട് වට්ටම්
ส่วนลด โปรโมชั่น โปรโมชัน คูปอง ลดราคา แจกฟรี ของแถม ลดสูงสุด
折扣 打折 优惠 優惠 促销 促銷 特价 特價 满减
滿減 代金券 抽奖 抽獎 红包 紅包 半价 半價 大甩卖 清仓 清倉 限时抢购 秒杀 秒殺 赠品
贈品 买一送一
買一送一 半额 返现
割引 クーポン バーゲン 特典 お得 半額 値引き プレゼントキャンペーン タイムセール セール中 大セール セール開催
ポイント還元
할인 쿠폰 특가 세일~중 사은품 무료~증정 캐시백 반값 무료배송
ფასდაკლება զեղչ ቅናሽ លក់បញ្ចុះតម្លៃ បញ្ចុះតម្លៃ ສ່ວນຫຼຸດ လျှော့စျေး
"""
PARTS = tuple(dict.fromkeys(normalised(each.replace("~", " ")) for each in _WRITTEN.split()))
_FOLDED = " ".join(filter(str.isascii, PARTS))  # every letter of it has a Latin look-alike: a word like any other
ABROAD = Rule(
    "foreign_offer",
    source="Meta, template categories: a template with any marketing in it is marketing",
    suggestion="leave the offer out; it sells in every language",
    words=f"""{_FOLDED}
    rabatte rabatten rabattcode rabattcodes rabattaktion rabattaktionen gutschein gutscheine gutscheins
    gutscheincode sonderangebot sonderangebote sonderpreis sonderpreise schnappchen preisnachlass preissturz
    schlussverkauf sommerschlussverkauf ausverkauf gewinnspiel gewinnspiele treuepunkte korting kortingen
    kortingscode
    kortingsactie kortingsbon uitverkoop aanbieding aanbiedingen cadeaubon tegoedbon waardebon actiecode winactie
    koopjes
        destockage cupon cupones rebajas promocion promociones descompte cupom cupons promocao promocoes brinde brindes
    sconti scontato scontata scontati scontate scontissimo promozione promozioni rabatu rabatowy znizka znizki
    znizke
    znizek znizkowy promocja promocji promocje wyprzedaz wyprzedazy kupon kuponu kupony kuponkod rabattkod
    rabattkode
    rabatkode udsalg tilbudspris ugetilbud gavekort presentkort kampanje kampanj kampanjpris kampanjkod
    specialerbjudande erbjudanden reapriser mellandagsrea sommarrea fyndpris alennus alennuksen alennusta
    alennuskoodi
    alennusmyynti erikoistarjous kuponki lahjakortti sleva slevy slevu slevovy slevovou slevove slevovych zlava
    zlavu
    zlavy zlavovy vyprodej vypredaj kedvezmeny kedvezmennyel akcios learazas kiarusitas ajandekutalvany reduceri
    promotie promotii indirim indirimi indirimli indirimler indirime diskon diskaun baucar diskwento punguzo popust
    popusta popusti rasprodaja rasprodaje nuolaida nuolaidos atlaide atlaides soodustus allahindlus afslattur
    zbritje
    takhfid takhfif gutscheinaktion tagesangebot wochenangebot topangebot
    probemonat gratismonat sorteo sorteio kortingskode rabattgutschein""",
    lines=r"""
rabatt: (?<!ohne )(?<!kein )\brabatt\b
rabat rabatu: <percent> rabatu?\b|\brabat (na|pa|do)\b|\b(kod|darmowy|faa|fa) rabat|\d ?kr\.? (i )?rabat
angebot angebote: \bangebot(e)? (des|der|nur|gilt|gultig|endet|sichern)\b|\b(tages|wochen|top)-angebot
heute: \bnur heute\b.{0,40}(<percent>|preis|sparen|kauf|angebot|billig)
preis aktionspreis: \bhalben? preis|\bzum aktionspreis
kaufen sparen zugreifen bestellen: \bjetzt (kaufen|sparen|zugreifen|bestellen und)\b|\bsparen sie\b
spare: \bspare (jetzt|bis)\b
sichern: \bjetzt sichern(?<!konto jetzt sichern)(?<!zugang jetzt sichern)\b
billiger gunstiger: <percent> (billiger|gunstiger)\b|\b(jetzt|noch) (billiger|gunstiger)\b
goedkoper halve: \b(nu|nog) goedkoper\b|\bhalve prijs\b
koop: \bkoop nu\b
profiteer: \bprofiteer (nu|van)\b
soldes: (?<!vos )(?<!tes )(?<!des )\bsoldes\b(?! (de|du|des|sont|est|disponibles?|bancaires?|debiteurs?|crediteurs?)\b)
solde: \ben solde\b
remise: <percent> de remise|\bremise (de \d|exceptionnelle|immediate|speciale)|\bcode (de )?remise \d ?%
reduction: <percent> de reduction
reduction: \b(code|bons?) de reduction
reduction: \breduction (exceptionnelle|immediate|sur (tout|votre))\b
achat achats: \b(bons?|cheques?) d'achats?\b
cadeau: \b(cheque|carte|bon) cadeau\b|\bcadeau (offert|gratuit|gratis)\b
offre offres: \boffres? (speciale|exclusive|du jour|limitee|exceptionnelle|flash)s?\b|\b(nos|nouvelles) offres\b
livraison: \blivraison (offerte|gratuite)\b
gratuit gratuits: \b(mois|essai|echantillons?) gratuits?\b
gagnez gagner: \bgagnez (un|une|des|jusqu|\d)|\b(a|pour) gagner\b|\btentez de gagner\b
profitez: \bprofitez(-en)? (vite|de (nos|notre|cette|l'offre|\d)|des)|\bprofitez-en\b
moins: <percent> moins cher\b|\bmoins cher\b
prix: \b(petits|mini|demi) prix\b|\bprix (casses?|barres?|mini)\b|\bmoitie prix\b
descuento descuentos: (?<!un )\bdescuentos?\b(?! (en|de|por) (su|tu|la|nomina|planilla|cuenta))|<percent> de descuento
oferta ofertas: \bofertas? (especial|limitada|exclusiva|del dia|do dia|valida|unica|imperdi|relampago|speciala)
oferta: \ben oferta\b
ofertas: \b(nuestras|nossas|mejores|melhores|nuevas) ofertas\b
oferta ofertele: \boferta (limitata|zilei)\b|\bofertele noastre\b
regalo regalos: \b(tarjeta|cheque|vale|buono|carta|carte|de|un) regalos?\b(?! de cumple)|\bregalo (gratis|incluido)\b
vale vales: \bvales? (de )?(compra|descuento|presente|regalo)
barato barata baratos baratas: \bmas barat[oa]s?\b|\bmais barat[oa]s?\b
compra compre: \b(compra|compre) (ahora|ya|agora|ja|hoy|hoje|subito|uno|uma?)\b
aprovecha: \baprovecha (esta|la|nuestr|ahora|ya)
aproveite approfitta: \b(aproveite|approfitta) (agora|ja|a oferta|o desconto|subito)
aprovecha: \baprovecha\b.{0,20}\b(oferta|promo|descuento|precio)
gana ganhe vinci: \b(gana|ganhe|vinci) (un|uma?|premios?|hasta|ate|fino)\b
precio: \b(mitad de|medio|mejor) precio\b
desconto descontos: \bdescontos?\b(?! (em folha|na folha|na conta|em conta|do salario|direto))
frete: \bfrete gratis\b
preco: \bmetade do preco\b|\bmelhor preco\b
sconto: \bsconto\b
buono buoni: \bbuon[oi] (sconto|regalo|acquisto|spesa)\b
offerta offerte: \boffert[ae] (special[ei]|lampo|esclusiv[ae]|limitat[ae]|del giorno|imperdibil[ei])\b
offerte: \bnostre offerte\b
saldi: (?<!i )\bsaldi\b(?! (dei|del|dell|conto|contabili|disponibili))
spedizione: \bspedizione (gratuita|gratis)\b
omaggio: \bin omaggio\b
acquista: \bacquista (ora|subito|oggi)\b
prezzo: \bmeta prezzo\b|\bmiglior prezzo\b
kup: \bkup (teraz|dzis|jeden|dwa)\b
darmowa: \bdarmowa dostawa\b
prezent: \bprezent gratis\b|\bgratis prezent\b
halva halv: \bhalva priset\b|\bhalv pris\b
erbjudande: \b(unikt|exklusivt|nytt|vart|tidsbegransat) erbjudande\b
tilbud sommertilbud: \b(ugens |dagens |godt |saerligt |eksklusivt |sommer-?)tilbud\b|\btilbud (gjelder|gaelder|kun)\b
kop: \bkop (nu|na|idag)\b
tarjous tarjoukset huipputarjous kesatarjous: \b(huippu|kesa|paivan |viikon )tarjous\b|\btarjoukset\b
zdarma: \b(darek|doprava|dopravu|mesic) zdarma\b
akcni akcna: \bakcn[ia] (cena|nabidka|ponuka)\b
reducere: <percent> reducere\b|\breducere de \d|\bcod de reducere\b
cadou: \b(card|primesti|voucher) cadou\b
firsat firsati: \bfirsati? kacirma|\b(buyuk|ozel|gunun) firsat
hediye: \bhediye (ceki|karti|kazan)
kampanya kampanyaya kampanyasi: \bkampanya(ya|si)?\b
kargo: \bucretsiz kargo\b
potongan: \bpotongan harga\b
penawaran tawaran: \b(penawaran|tawaran) (spesial|khusus|terbatas|istimewa|hebat|terhad|menarik)\b
harga: \bharga (promo|spesial|khas|murah)\b
beli: \bbeli (sekarang|satu)\b
ongkir: \b(gratis|bebas) ongkir\b
hadiah: \bhadiah (gratis|percuma|menarik)\b
giam: \bgiam (gia|ngay|\d)
khuyen: \bkhuyen mai\b
uu: \buu dai\b
qua: \bqua tang\b
libreng: \blibreng (regalo|shipping)\b
ofa: \bofa (maalum|ya|kabambe)\b
poklon: \bpoklon bon\b
muft: \bmuft (gift|tohfa|delivery|ka)\b
kharido kharidein: \b(abhi|aaj) (hi )?kharid(o|ein)\b|\bkharido (abhi|aaj|aur)\b
chhoot chhut chhout: <percent> (ki |tak )?chh(oo|u|ou)t\b
promo promos: \bcod(e|igo|ice)s? promo\b|\b(en|super|mega|grandes?) promos?\b
gratis: \b(envios?|spedizione|frete|mes|mesi|meses|prueba|prova|regal[oi]|premio) gratis\b
gratis: \b(verzending|versand|lieferung|frakt|fragt|geschenk|monat|maand|cadeau|zugabe) gratis\b
gratis: \bgratis (envio|versand|verzending|frakt|fragt|geschenk|monat|maand|cadeau)
gratis: \bgratis (regalo|zugabe|probe|prova?|dazu|spedizione|gave|bij)\b
kostenlos kostenlose kostenloser: \bkostenlos(er?)? (versand|lieferung|geschenk|probe|monat|zugabe)
kostenlosen kostenloses: \bkostenlose[ns] (versand|lieferung|geschenk|probe|monat|zugabe)
""",
)
_PERCENT_FIRST = r"\d ?[%\u066a] ?(خصم|تخفيض|discount)"
_TENTHS = r"[\d一二三四五六七八九](\.\d)?折"
_SHORT_LAST = sorted((part for part in PARTS if not part.isascii()), key=len, reverse=True)
_STARTS = "".join(sorted({re.escape(part[0]) for part in _SHORT_LAST}))
WRITTEN = re.compile(
    rf"(?=[\d{_STARTS}一二三四五六七八九])(?:{'|'.join([*map(re.escape, _SHORT_LAST), _PERCENT_FIRST, _TENTHS])})"
)
ELSEWHERE = re.compile(r"[\u0370-\u1fff\u2c80-\ud7ff\uf900-\ufdff]")  # letters of other alphabets; no dashes, no emoji


def offers_in(plain: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield what sells in another alphabet, in a normalised text: the rule and the place."""
    if not plain.isascii() and ELSEWHERE.search(plain):
        yield from ((ABROAD.id, found.span()) for found in WRITTEN.finditer(plain))
