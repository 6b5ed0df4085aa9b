"""What contacting truly did, summed: only a simulation can say it, and nothing of it ever reaches a learner.

For every occasion of the live world both outcomes are known as probabilities, with contact and without, so what a way
of contacting brought is a sum over the occasions that it contacted, and nobody contacted is nought by definition.
Outcomes without contact do not depend on earlier contacts; what those change in later effects is in the later effects.

Example:
    >>> helped = Effect(benefit=0.1, complaint=-0.01, opt_out=0.0)
    >>> account({"o1": helped, "o2": helped}, sent={"o1"}).net_per_100
    5.5
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from model.synthetic.live import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """True sums over `occasions` that the policy might contact; the effects are of the `contacts` among them."""

    occasions: int = 0
    contacts: int = 0
    benefit: float = 0.0
    complaint: float = 0.0
    opt_out: float = 0.0

    def __add__(self, other: "Account") -> "Account":
        """Add two accounts of different occasions."""
        return Account(
            occasions=self.occasions + other.occasions,
            contacts=self.contacts + other.contacts,
            benefit=self.benefit + other.benefit,
            complaint=self.complaint + other.complaint,
            opt_out=self.opt_out + other.opt_out,
        )

    @property
    def net_benefit(self) -> float:
        """The net benefit of all contacts together: weights 1, no cost of contact."""
        return self.benefit - self.complaint - self.opt_out

    @property
    def net_per_100(self) -> float | None:
        """Net benefit per 100 occasions, contacted or not; None without any."""
        return 100.0 * self.net_benefit / self.occasions if self.occasions else None

    @property
    def complaint_per_contact(self) -> float | None:
        """Complaints that a contact causes, below nought where it prevents them; None without contacts."""
        return self.complaint / self.contacts if self.contacts else None

    @property
    def opt_out_per_contact(self) -> float | None:
        """Opt-outs because of a contact; None without contacts."""
        return self.opt_out / self.contacts if self.contacts else None


def account(effects: Mapping[str, Effect], *, sent: Collection[str]) -> Account:
    """Account for these scored occasions (by candidate), of which those in `sent` were contacted."""
    chosen = [effect for name, effect in effects.items() if name in sent]
    return Account(
        occasions=len(effects),
        contacts=len(chosen),
        benefit=sum(effect.benefit for effect in chosen),
        complaint=sum(effect.complaint for effect in chosen),
        opt_out=sum(effect.opt_out for effect in chosen),
    )


def together(accounts: Iterable[Account]) -> Account:
    """Return the account of all these."""
    return sum(accounts, start=Account())
