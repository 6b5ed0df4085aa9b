"""What only sells is found in every common language, and everyday words that sound like it are not."""

import re

import pytest

from serving.policy.linear import SILENT
from serving.policy.offers_abroad import ABROAD
from serving.policy.wording import RULES, Wording
from tests.serving.policy.other_languages import SENTENCES

judge = Wording(SILENT).judge  # the rules alone
SELLS = """
Ihr Paket ist da. 20 % Rabatt auf alles!
Ihr Gutschein wartet
Das Angebot des Tages
Jetzt sparen
Kostenloser Versand ab heute
20% korting op alles
Uw kortingscode staat klaar
Votre colis arrive. 20 % de remise sur tout
Les soldes d'été commencent
Un bon d'achat pour vous
Code promo : ETE
Offre spéciale
Profitez de nos prix
Su paquete llega hoy. 20 % de descuento
Un cupón para usted
Oferta especial
Envío gratis
Más barato que nunca
Seu cupom chegou
Frete grátis
10% de desconto
Sconto del 20 %
Buono regalo
Spedizione gratuita
Zniżka 20 %
Wyprzedaż
Kod rabatowy
Sleva 20 %
Doprava zdarma
Výpredaj a zľava
20 % rabatt på allt
Din rabatkode
Gratis frakt
Alennus nyt
Kedvezmény
Reducere de 20 %
%20 indirim
Hediye çeki
Diskon 20 %
Gratis ongkir
Giảm giá 20 %
Khuyến mãi
Punguzo la bei
Popust 20 %
Скидка 20 %
Промокод
Распродажа
Купон
КУПОН
Знижка
Намаление
Έκπτωση 20 %
κουπόνι
خصم حصري
كود خصم
20٪ خصم
کد تخفیف
הנחה
भारी छूट
20 % छूट
कूपन
२० प्रतिशत छूट
অফার
தள்ளுபடி
ส่วนลด
全场五折
优惠券
優惠
8.5折
割引クーポン
タイムセール
할인
쿠폰
""".strip().splitlines()
EVERYDAY = """
Ihre Aktion wurde gespeichert
Ihr Angebot Nr. 4711 ist fertig
Die Nummer ist kostenlos
Die Stornierung ist gratis
Der Artikel ist ausverkauft
Remise de votre colis à 10 h
Le solde de votre compte
Vos soldes sont à jour
La réduction du débit est finie
Un descuento en nómina
La llamada es gratis
Desconto em folha
O saldo da conta
I saldi dei conti sono pronti
Przy okazji: paczka jest gotowa
Terug via afslag 12
Rabat, Maroc
Ihre Gutschrift ist gebucht
Mały ruch w mieście
تم خصم 50 من حسابك
قسيمة الدفع جاهزة
आपकी ट्रेन छूट गई
ছাড়া হয়েছে
검증정보
セールスの者が伺います
Банковские акции
Отложили посылку
The Rabat flight is delayed
The reduction in pressure is over
""".strip().splitlines()


@pytest.mark.parametrize("text", SELLS)
def test_what_sells_is_found_in_its_own_language(text: str) -> None:
    """Discounts, vouchers, codes, presents, in about forty languages and a dozen alphabets."""
    assert judge(text).codes == ("promotional_wording",)


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_senses_pass(text: str) -> None:
    """A quotation, a balance, a debit, a train that was missed: words that look alike and sell nothing."""
    assert [found.rule for found in judge(text).findings] == []


def test_a_finding_says_where_it_stands_in_the_text_as_given() -> None:
    """In Latin letters with marks, and in another alphabet."""
    texts = ["Hallo, 20 % Zniżka!", "Посылка A-7. Скидка!"]
    said = [text[start:end] for text in texts for start, end in judge(text).spans]
    assert said == ["Zniżka", "Скидк"]


def test_service_in_other_languages_is_not_taken_for_selling() -> None:
    """Of two hundred sentences only those that do sell."""
    sold = [text for _, text in SENTENCES if judge(text).findings]
    assert {text for text in sold if not re.search("(?i)compra|agora|vite|prei?[sz]|prijs|kharido|折", text)} == set()


def test_the_rule_is_one_of_the_veto_s_own() -> None:
    """With its source and what to write instead."""
    assert (RULES["foreign_offer"], ABROAD.code) == (ABROAD, "promotional_wording")


@pytest.mark.parametrize("unit", ["折", "скид ", "gratis ", "oferta ", "9%", "ส่ว"])
def test_a_hundred_thousand_characters_are_judged(unit: str) -> None:
    """A hundred thousand characters are read once, whatever is repeated; the suite would stand still otherwise."""
    said = judge(unit * (100_000 // len(unit))).codes
    assert said in {(), ("promotional_wording",)}
