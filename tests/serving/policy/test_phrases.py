"""Single phrases: one line for each turn of words that sells, and for each service text that resembles one."""

import pytest

from tests.worded import judge

PROMOTIONAL = """
Now at half price.
Lamps half-price until Sunday.
2 for 1 on all lamps.
Two for one, this week.
3 for 2 on lamps.
Everything 2-for-1.
A special price for you.
Now 20 percent cheaper.
20% cheaper than in the shop.
20 per cent off lamps.
Lamps were reduced to $15.
Reduced from 40 euros to 20 euros.
Reduced by 20%.
Take 10 off.
Take an extra 10% off.
Take $5 off your order.
Save 20 euros on lamps.
Save 20 today.
Save 15 off the list.
Save up to 50.
Get it for free.
Get one for free.
Get yours free.
Subscribe and never wait again.
Please subscribe.
Rate your delivery.
Please rate your agent.
Would you recommend us?
Would you recommend our shop to others?
Tell us what you think.
Let us know what you think!
Grab yours.
Made exclusively for you.
See how it benefits you.
Would you like to get news from us?
Giftcards are here.
Your discount is waiting.
Benefit from discount prices.
A gift from discount codes to vouchers.
Discounts on everything.
Please donate today.
Make a donation.
We need donations.
Your referral bonus.
Earn 5 for each referral.
Send your referral link.
A birthday treat.
Happy birthday!
It's your birthday.
Read our newsletter.
Subscribe to the newsletter.
Take the survey.
A short survey about your visit.
No purchase necessary.
Our bestsellers are here.
Before it sells out.
Before they are sold out.
What are you waiting for?
While it lasts.
Still on the fence?
Were you mis-sold PPI?
You are pre-approved.
You abandoned your cart.
Your perfect getaway.
Time to unwind.
Find out what's trending.
Come celebrate with us.
Join our fundraiser.
Please consider donating.
We truly value your loyalty.
It means so much to us.
3x the points.
Double points.
You are overdue for a cleaning.
Tip of the day.
Find out how much you could save.
Read our whitepaper.
Share referrals and earn.
Join the club.
How was your delivery?
Take our surveys.
A 2-minute quiz.
Find us on Instagram.
Jetzt zugreifen!
Jetzt sichern!
Kostenlose Lieferung.
""".strip().splitlines()
SERVICE = """
Your referral to Dr Smith is confirmed.
Your blood donation appointment is on Friday.
The land survey of your plot has moved to Friday.
Your birthday cake order is ready.
Your newsletter unsubscription is done.
Your parcel from Discount Tire arrives on Friday.
You have been unsubscribed from our newsletter.
The survey of your roof is on 3 May.
Your birthday party booking for 3 May is confirmed.
Your table for two for one hour is reserved.
Your table for 2 for 1 May is reserved.
Your appointment is from 2 for 1 hour.
Please save 4711: it opens the locker.
Save this message to show at the counter.
Take the second turn off the main road.
You can move the delivery for free until Friday.
You have unsubscribed.
Tell us what you think went wrong with parcel A-7.
We recommend that you come before 9:00.
Your heart rate monitor was delivered.
The interest rate of your loan changes on 1 May.
Your free slot on Friday is taken; reply to choose another.
Take 2 tablets a day, as your doctor said.
Our depot is closed on Diwali. Your parcel A-7 arrives on Friday.
The land surveys of plots 4 and 5 have moved to Friday.
Your two referrals to Dr Smith were accepted.
The abandoned car was towed to the depot in Mill Road.
To unwind the other one, reply with its number, A-8.
Your getaway car rental A-7 is confirmed.
Your parcel A-7 with the bestseller arrives on Friday.
Your scan on 3 May was pre-approved by your insurer.
Your fundraiser page A-7 was approved on 3 May.
Your complaint about mis-selling, C-4, was decided on 3 May.
Your discount for the first year ends with invoice A-7 on 1 November.
You messaged us on Facebook about order A-7; it arrives on Friday.
Ihr Konto wurde am 3. Mai gesperrt. Zum Schutz Konto jetzt sichern.
""".strip().splitlines()


@pytest.mark.parametrize("text", PROMOTIONAL)
def test_what_sells_is_caught(text: str) -> None:
    """Prices, savings, ratings, subscriptions."""
    assert judge(text).codes[:1] == ("promotional_wording",)


@pytest.mark.parametrize("text", SERVICE)
def test_what_only_resembles_it_passes(text: str) -> None:
    """The same words in what a customer needs to hear."""
    assert judge(text).codes == ()
