"""`outreach plan`: how many occasions an experiment must collect before its harm can be certified."""

import json
import math
from typing import Any

import click

from model.errors import InvalidInput

USUAL = ".95/.02"  # the arms of a system with a certificate


class Rate(click.FloatRange):
    """A number in a range; NaN, which no comparison refuses, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse, or fail with what is wanted."""
        rate = float(super().convert(value, param, ctx))
        if math.isnan(rate):
            self.fail("nan is no number; give one", param, ctx)
        return rate


RATE = Rate(1e-6, 1 - 1e-6)  # beyond, no figure means anything


def arms(ctx: click.Context, param: click.Parameter, value: str) -> tuple[float, float]:
    """Read one P(contacted) for all, or one at or above the cut-off and one below: `.95/.02`."""
    parts = value.split("/")
    if len(parts) > 2:
        raise click.BadParameter(f"`{value}` is neither one rate nor two; write 0.5 or {USUAL}", ctx, param)
    rates = [RATE.convert(part, param, ctx) for part in parts]
    if rates[-1] > rates[0]:
        raise click.BadParameter(
            f"`{value}`: fewer are contacted above the cut-off than below; write {USUAL}", ctx, param
        )
    return rates[0], rates[-1]


@click.command(
    short_help="Say how many contacts an experiment needs for a certificate.",
    epilog="Example: outreach plan --complaint-at-most 0.005 --control-rate 0.004 --per-day 500",
)
@click.option("--complaint-at-most", type=RATE, required=True, help="complaints allowed per contact")
@click.option("--control-rate", type=RATE, required=True, help="complaints without contact, per occasion")
@click.option("--effect", type=Rate(-1, 1), default=0.0, show_default=True, help="complaints that contact may add")
@click.option("--opt-out-at-most", type=RATE, default=0.005, show_default=True, help="opt-outs allowed per contact")
@click.option("--opt-out-rate", type=Rate(0, 1), default=0.0, show_default=True, help="opt-outs expected")
@click.option(
    "--propensity",
    callback=arms,
    default="0.5",
    show_default=True,
    metavar="RATE",
    help=f"P(contacted) while collecting; two for above and below the cut-off: {USUAL}",
)
@click.option(
    "--share-above",
    type=Rate(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="of the occasions, at or above the cut-off",
)
@click.option("--per-day", type=click.IntRange(1, 10**9), help="occasions a day that pass every filter")
@click.option("--confidence", type=RATE, default=0.95, show_default=True, help="of all attempts together: 1 − δ")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON")
def plan(  # noqa: PLR0913  (what the planner asks)
    complaint_at_most: float,
    control_rate: float,
    effect: float,
    opt_out_at_most: float,
    opt_out_rate: float,
    propensity: tuple[float, float],
    share_above: float,
    per_day: int | None,
    confidence: float,
    as_json: bool,  # noqa: FBT001  (a click flag)
) -> None:
    """Say about how many occasions, contacts and days an experiment needs until a certificate can issue."""
    from model.certifying.planner import Aim, Collect, size
    from model.certifying.planner_words import as_json as stated
    from model.certifying.planner_words import lines

    refuse_effect(control_rate, effect)
    aim = Aim(
        alpha=complaint_at_most,
        control_rate=control_rate,
        effect=effect,
        opt_out_alpha=opt_out_at_most,
        opt_out_rate=opt_out_rate,
        confidence=confidence,
    )
    collect = Collect(above=propensity[0], below=propensity[1], share_above=share_above, per_day=per_day)
    found = size(aim, collect)
    if as_json:
        click.echo(json.dumps(stated(aim, collect, found), indent=2, allow_nan=False))
        return
    for line in lines(aim, collect, found):
        click.echo(line)


def refuse_effect(control_rate: float, effect: float) -> None:
    """Refuse an effect with which the rate of complaints after contact would be none."""
    if not 0.0 <= control_rate + effect <= 1.0:
        raise InvalidInput(
            f"`--effect {effect:g}`: with `--control-rate {control_rate:g}` complaints after contact would be "
            f"{control_rate + effect:g}, which is no rate; give one from {-control_rate:g} to {1 - control_rate:g}"
        )
