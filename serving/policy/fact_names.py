"""What the name of a fact says about its value: whether a link, a code, a percentage or a price belongs there.

The words of a name count, one by one: `new_tracking_url` has three. A name that sells (`promo_code`) permits nothing.
"""

import re

_PARTS = re.compile(r"[a-z]+")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")

_LINKS = """
link links url urls uri href track tracking site website web page portal download map maps locker document lien
sito sitio enlace webseite
"""
LINKS = frozenset(_LINKS.split())
_MAILS = """
email mail login user username account sender recipient contact address inbox who by person customer member
device courriel correo
"""
MAILS = frozenset(_MAILS.split())
OWN_MAILS = frozenset({"account", "request", "conversation"})  # families whose events are about the customer's details
_IDENTITIES = """
id ids code codes pin otp passcode password token key reference ref order orders booking bookings parcel parcels
tracking item items ticket tickets number no nr num numero nummer serial sku model product products part invoice
request case incident appointment reservation confirmation flight train seat gate room class course policy
contract account device version plan vehicle plate locker shipment package consignment claim conversation job
asset meter card member pnr rma return batch lot recall bestellung sendung commande colis pedido paquete ordine pacco
"""
IDENTITIES = frozenset(_IDENTITIES.split())
_SHARES = """
progress percent percentage share rate level battery chance probability humidity completion completed done
capacity charge availability uptime interest tax vat score grade usage used quota coverage occupancy load fill
accuracy attendance concentration moisture volume signal brightness
"""
SHARES = frozenset(_SHARES.split())
_SUMS = """
amount amounts price prices total totals subtotal balance refund refunds refunded fee fees charge charges
charged due payment payments paid pay fare fares deposit deposits invoice invoices cost costs sum value tax vat
tariff rent instalment instalments installment debit debited payout reimbursement reimbursed duty duties customs
postage transaction overpaid underpaid outstanding owed owing penalty fine limit budget salary wage wages bill
bills transfer transferred withdrawal withdrawn arrears excess surcharge purchase spent betrag preis summe saldo
gebuhr montant prix importe precio importo prezzo bedrag prijs belopp kwota valor preco solde tutar jumlah harga
"""
SUMS = frozenset(_SUMS.split())
_PHONES = """
phone telephone tel mobile cell call caller callback contact hotline number whatsapp sms fax driver courier do
telefon telefono telefone
"""
PHONES = frozenset(_PHONES.split())
_TITLES = """
item items product products title name book film song show event course model subject
"""
TITLES = frozenset(_TITLES.split())
_SELLING = """
promo promos promotion promotions promotional coupon coupons voucher vouchers discount discounts discounted
offer offers deal deals sale sales gift gifts bonus reward rewards cashback loyalty rabatt remise descuento sconto
"""
SELLING = frozenset(_SELLING.split())
NOTHING = frozenset[str]()


def words_of(name: str) -> frozenset[str]:
    """Return the words of a fact's name; none of one that sells.

    Example:
        >>> sorted(words_of("newTracking_url2")), words_of("promo_code")
        (['new', 'tracking', 'url'], frozenset())
    """
    words = frozenset(_PARTS.findall(_HUMPS.sub("_", name).casefold()))
    return NOTHING if words & SELLING else words
