"""Everyday words of other languages, written in Latin letters without marks.

Function words, greetings and the words of service messages; Hindi, Urdu, Bengali, Arabic, Russian and others as people
type them. `IN_NAMES` stand in names and places, too (Los Angeles, Van der Berg): before a capital they say nothing.
"""

from collections.abc import Mapping

BY_LANGUAGE: Mapping[str, str] = {
    "Spanish": """
    su sus tu tus usted ustedes nosotros ellos ella esta este esto estos estas esa ese eso por para con pero
    porque cuando donde como cual quien muy mas menos ya hoy manana ayer ahora aqui alli hasta desde sobre entre
    sin nuestro nuestra nuestros nuestras mi mis te se les nos lo ha han hemos fue sera estan estamos tiene tienes
    puede puedes debe gracias hola buenos buenas dias tardes noches senor senora pedido pedidos paquete envio
    entrega cita cuenta codigo pago factura llegara llega responda responde favor si una uno unos unas muchas
    muchos al
    """,
    "Portuguese": """
    seu sua seus suas voce voces nao sim uma umas com mas porque quando onde muito muita mais menos ja hoje amanha
    ontem agora aqui ate desde entre sem nosso nossa nossos nossas isso isto foi sera esta estao estamos tem pode
    deve obrigado obrigada ola oi bom boa tarde noite senhor senhora pedido encomenda entrega consulta conta
    codigo pagamento fatura chega chegara responda favor pelo pela pelos pelas ao aos num numa para
    """,
    "French": """
    votre vos notre nos vous nous ils elle elles mon mes ton tes ses leur leurs une et ou mais donc car que qui
    quoi dont avec sans chez entre dans pour sur sous depuis jusqu jusque tres plus moins deja aujourd'hui hier
    demain maintenant ici est sont etes avez avons ont sera etait peut pouvez devez merci bonjour bonsoir madame
    monsieur commande colis livraison compte paiement facture repondez veuillez cette cet ces ce il au aux pas ne
    je tu c'est n'est d'un d'une l'un qu'il jour heure numero etre fait
    """,
    "German": """
    ihr ihre ihrer ihrem ihren ihres sie wir uns unser unsere unseren unserem mein meine dein deine deinem und
    oder aber weil wenn wann wo wie warum nicht kein keine mit ohne fur fuer von vom zum zur bei aus nach seit bis
    zwischen uber ueber unter vor noch schon sehr mehr weniger jetzt heute morgen gestern hier dort ist sind wird
    werden wurde wurden haben hatte kann konnen koennen muss mussen sollte danke bitte hallo guten tag herr frau
    paket bestellung lieferung termin konto zahlung rechnung kommt antworten uhr ein eine einen einem einer eines
    das des dem auf im ins ich er es du dass nur alles
    """,
    "Dutch": """
    uw jouw jullie wij zij ons onze hun het een deze die dat dit maar omdat wanneer waar hoe niet geen met zonder
    voor bij uit naar sinds tot tussen nog zeer meer minder vandaag morgen gisteren nu hier daar zijn wordt worden
    heeft hebben kan kunnen moet moeten bedankt dank hallo goedemorgen meneer mevrouw pakket bestelling levering
    afspraak rekening betaling komt antwoord ook wel te je ik hij u
    """,
    "Italian": """
    suo sua suoi sue tuo tua tuoi tue nostro nostra nostri nostre voi noi loro questo questa questi queste quello
    quella che chi cosa ma perche quando dove come molto meno gia oggi domani ieri adesso ora qui fino tra fra
    senza per con una uno gli dei delle degli della dello nella nel negli sul sulla alla allo al ai sono sei siamo
    e ha hanno abbiamo puo puoi deve grazie ciao buongiorno buonasera signore signora ordine pacco consegna
    appuntamento conto pagamento fattura arriva arrivera rispondi risponda non piu anche ti ci
    """,
    "Polish": """
    twoj twoja twoje twoich panstwa pan pani jest sa byl byla bylo bedzie beda zostal zostala zostalo nie tak ale
    bo gdy kiedy gdzie jak bardzo wiecej mniej juz dzis dzisiaj jutro wczoraj teraz tutaj od po z ze w we na za
    przez dla oraz lub czy prosze dziekujemy dziekuje dzien dobry paczka paczke przesylka zamowienie dostawa
    wizyta konto platnosc faktura kod dotrze odpowiedz sie ktory ktora
    """,
    "Czech and Slovak": """
    vas vase vasi vam vami nas nase jsme jsou jste byla bylo bude budou bola bolo nebo ale protoze kdy kde jak
    velmi vice uz dnes zitra zajtra vcera nyni zde od do pri pro pre prosim dekujeme dakujeme dobry den balik
    zasilka zasielka objednavka doruceni ucet platba faktura dorazi odpovezte ktery ktera ze ve byl su
    """,
    "Swedish": """
    ditt dina ert era er vi ni och eller inte ingen med utan fran hos till mellan over mycket mer mindre redan
    idag imorgon igar nu har ska kan maste tack hej varsagod paket bestallning leverans konto betalning faktura
    kommer svara detta denna dessa som att ett av ar pa
    """,
    "Danish and Norwegian": """
    dit dine deres vores og eller ikke ingen med uden uten fra hos til mellem mellom meget mye mere mindre
    allerede dag imorgen igar naa her der har skal kan tak takk hej hei pakke bestilling levering konto betaling
    faktura kommer svar dette disse som et af av er pa ditt jeg du vaer
    """,
    "Finnish": """
    sinun teidan meidan olet olemme ovat oli ja tai mutta koska kun missa miten ei kanssa ilman nyt tanaan
    huomenna eilen jo hyvin enemman kiitos hei moi terve paketti pakettisi tilaus tilauksesi toimitus tilisi maksu
    lasku saapuu vastaa tama etta voit
    """,
    "Hungarian": """
    az egy es vagy de mert ha mikor hol hogy nem igen meg mar ma holnap tegnap most itt onnek on ont van vannak
    volt lesz koszonjuk koszonom kerjuk szia udvozoljuk csomag csomagja rendeles rendelese szallitas fiok fizetes
    szamla erkezik valaszoljon ez ezt
    """,
    "Romanian": """
    dumneavoastra tau ta voastra noastra noastre si sau dar pentru cand unde cum foarte mai putin deja azi astazi
    maine ieri acum aici din la cu fara pana intre este sunt a fost va vor poate puteti trebuie multumim multumesc
    buna salut rog coletul comanda livrare contul plata factura ajunge raspundeti nu ca sa
    """,
    "Turkish": """
    bir bu su ve veya ama cunku ne zaman nerede nasil cok daha az bugun yarin dun simdi burada ile icin gibi kadar
    sonra once degil var yok sizin sizi siz biz bizim lutfen tesekkurler tesekkur merhaba sayin siparisiniz
    siparis kargo kargonuz teslimat hesabiniz odeme fatura gelecek yanitlayin olarak edildi edilmistir
    """,
    "Indonesian and Malay": """
    anda kami kita saya dia mereka dan atau tetapi tapi karena kerana jika kalau kapan bila dimana bagaimana tidak
    tak belum sudah telah akan sedang dengan tanpa untuk dari ke di pada antara sangat lebih kurang hari ini itu
    besok esok kemarin semalam sekarang sini terima kasih silakan sila halo selamat pagi paket pesanan pengiriman
    akun akaun pembayaran tiba balas yang oleh ada bisa boleh
    """,
    "Vietnamese": """
    cua ban chung toi va hoac nhung vi khi nao khong co da se dang voi den tu o rat hon it hom nay ngay mai qua
    bay gio cam xin chao vui long don hang giao tai khoan thanh toan hoa duoc cho nhan ma
    """,
    "Filipino": """
    ang ng mga sa ay na po opo hindi oo ito iyon iyan ako ikaw ka siya kami kayo sila natin namin inyong iyong
    aking kung dahil kailan saan paano ngayon bukas kahapon salamat kumusta magandang umaga parating darating para
    naman lang din rin
    """,
    "Swahili": """
    yako yangu yetu wako wangu wetu kwa na ya wa ni si hapana ndiyo leo kesho jana sasa hapa asante habari
    tafadhali karibu mzigo agizo malipo akaunti utafika itafika imefika imechelewa jibu kuwa
    """,
    "Hindi and Urdu, typed": """
    aap aapka aapki aapke apka apki apke hai hain tha thi ho hoga hogi hoge gaya gayi gaye raha rahi rahe kal aaj
    abhi nahi nahin kya kyun kab kahan kaise kar karo kare karein karen kiya kiye kijiye ko ka ki ke se mein par
    liye aur lekin agar toh bhi sirf bahut accha theek dhanyavaad shukriya namaste bhai ji yeh woh hum humara
    hamara tumhara apna apne apni jayega jayegi milega pahunch diya jaldi bas
    """,
    "Bengali, typed": """
    apnar apni amar amra tomar ebong kintu jodi kokhon kothay kemon ache achhe hobe hoyeche korun korte theke
    jonno aajke ekhon dhonnobad nomoshkar parcelti
    """,
    "Tamil and Telugu, typed": """
    ungal neenga naanga enga indha inga irukku illa illai vanakkam nandri mattum meeku mee maa undi ledu andi
    cheyandi dhanyavadalu vachindi varum
    """,
    "Arabic, typed": """
    talabak talabek talabkum shukran marhaba ahlan habibi inshallah insha'allah min fi ila ala 3ala ma'a ma wasel
    wasal bukra bokra alyoum elyom yom hal kayf keef mish mush wala walla enta enti ana howa heya elli allah salam
    alaikum aleikum khalas yalla fatoora hesab hesabak tawseel
    """,
    "Persian, typed": """shoma baraye ast hast nist emrooz farda lotfan mamnoon salam bashe kheili""",
    "Russian and Ukrainian, typed": """
    vash vasha vashe vashi zakaz posylka segodnya zavtra spasibo pozhaluysta zdravstvuyte privet gde kogda chto
    dlya budet vam nas uzhe dostavka dyakuemo sohodni bude
    """,
    "Greek, typed": """
    kai sas mas einai tha stis sto stin apo gia kalimera efxaristo efharisto paraggelia dema simera avrio parakalo
    """,
    "Serbian and Croatian": """
    vas vasa vase vaseg nas nasa je su nije bice bit ili ali jer kada gdje gde kako vrlo vise vec danas sutra
    jucer sada ovdje hvala molimo dobar dan posiljka paket narudzba porudzbina dostava racun placanje stize
    odgovorite koji sto
    """,
    "Catalan": """el seu la seva els amb pero perque avui dema gracies bon comanda paquet lliurament arribara""",
    "Hausa and Yoruba": """da ba za a yau gobe nagode sannu kuma wannan ni ti o wa ese pele""",
    "Pinyin": """nin ni de wo women shi bu le ma xiexie nihao qing kuaidi dingdan jintian mingtian""",
    "Japanese, typed": """
    desu masu arigato arigatou gozaimasu kudasai onegai konnichiwa anata watashi chumon haitatsu
    """,
}
_NAMES = """
de la las los el del den der das da dos di du des le les van von zu zur san santa al ibn bin binti abu ter te op het og
et und na nova sur aux dal dello della dei degli delle lo st sankt cu ni za po si ma su mi min yom salam ana fi mis ha
ho ne mas bas bay om era dan wan moi sa se sas mee andi inga ali tha ja jo wa din vi en ha sera tu
"""
IN_NAMES = frozenset(_NAMES.split())
"""Words that stand in names, too."""
EVERYDAY = frozenset(word for words in BY_LANGUAGE.values() for word in words.split() if len(word) > 1) - IN_NAMES
