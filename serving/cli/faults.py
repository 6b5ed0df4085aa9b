"""What `outreach doctor` finds and how it says so: one name per fault, what is wrong, what to do.

docs/doctor.md lists the same. `FAIL` ends the command with 1: until it is mended the API does not decide, or not
rightly. `warn` is worth a look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OK, WARN, FAIL = "ok", "warn", "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, whether it can be used, what was seen, and whether somebody should look (`worry`)."""

    part: str
    good: bool
    seen: str
    worry: bool = False

    @property
    def level(self) -> str:
        """`ok`, `warn` or `FAIL`."""
        return (WARN if self.worry else OK) if self.good else FAIL

    def line(self) -> str:
        """One line for a terminal; what names its part first does not name it twice."""
        return f"{self.level:4}  {self.part}: {self.seen.removeprefix(f'{self.part} ')}"


@dataclass(frozen=True, slots=True)
class Worry:
    """What was seen of a part that can be used and should be looked at."""

    seen: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where it shows, how bad it is, what is said (with places for what was found), and the fix."""

    part: str
    level: str
    says: str
    fix: str

    def found(self, **values: object) -> Finding:
        """Return this fault as a finding, with what was found."""
        seen = f"{self.says.format(**values)}; {self.fix.format(**values)}"
        return Finding(self.part, good=self.level == WARN, seen=seen, worry=self.level == WARN)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "folder_read_only": Fault(
            "disk", FAIL, "`{place}` cannot be written", "give the API's user the right to write, or remount the disk"
        ),
        "disk_full": Fault(
            "disk", FAIL, "{free} MB are free at `{place}`", "make room, or put the ledger elsewhere: `ledger = …`"
        ),
        "disk_low": Fault(
            "disk", WARN, "{free} MB are free at `{place}`", "make room before the ledger can no longer be written"
        ),
        "network_disk": Fault(
            "disk", FAIL, "`{place}` is on {kind}, whose locks cannot be trusted", "use a local disk, or PostgreSQL"
        ),
        "old_schema": Fault(
            "ledger",
            WARN,
            "its tables are of version {version}, this program's of {newest}",
            "keep a backup; `outreach serve` upgrades it",
        ),
        "keys_none": Fault(
            "keys", WARN, "there is no active key", "make one: `outreach keys create --scope decide --scope events`"
        ),
        "keys_scopes": Fault(
            "keys",
            WARN,
            "no active key has the scope {scopes}",
            "make one with `outreach keys create --scope …`, if somebody is to ask for it",
        ),
        "widget_unsigned": Fault(
            "keys",
            WARN,
            "there is a key for the widget and no `widget_secret`",
            "set one, or only visitors without a name can be spoken for",
        ),
        "widget_unbound": Fault(
            "keys",
            WARN,
            "the widget key {key} has no origin, so it opens nothing",
            "revoke it and make one with `--origin https://…`",
        ),
        "experiment_over": Fault(
            "experiment",
            WARN,
            "experiment {id} of {by} ended by itself at {at}: {why}",
            "learn from it: `outreach train`; or start another: `outreach experiment start`",
        ),
        "clock_behind": Fault(
            "clock",
            FAIL,
            "this machine's clock says {now}, the ledger's newest decision was made at {newest}",
            "set the clock; until then caps and quiet hours cannot be right",
        ),
        "port_taken": Fault(
            "port",
            WARN,
            "somebody listens at {host}:{port} already",
            "if that is not this API, stop it or name another `port`",
        ),
        "host_wrong": Fault(
            "port", FAIL, "nobody can listen at {host}:{port} ({why})", "name an address of this machine as `host`"
        ),
        "zones_missing": Fault(
            "time zones",
            FAIL,
            "this machine knows no time zones, so everybody's clock is unknown and most is refused",
            "`pip install tzdata`, or install the system's own",
        ),
        "compiler_missing": Fault(
            "compiler",
            WARN,
            "numba is not installed: trees are walked by numpy, to the same bits and slower",
            "`pip install outreach[fast]`",
        ),
        "registry_away": Fault(
            "registry",
            WARN,
            "`{uri}` cannot be asked for {model} ({why})",
            "check `tracking_uri`; what was pulled before stays in use",
        ),
        "registry_unasked": Fault(
            "registry",
            WARN,
            "`{uri}` was not asked for {model} ({why})",
            "look again when this machine has less to do",
        ),
        "model_unnamed": Fault(
            "registry", FAIL, "{model} is not in `{uri}` ({why})", "register and promote one, or name another `model`"
        ),
        "webhook_away": Fault(
            "webhook", FAIL, "{host}:{port} does not answer ({why})", "check `webhook_url`, the name and the firewall"
        ),
        "certificate_ends": Fault(
            "model",
            WARN,
            "its certificate ends on {day}, in {days} days",
            "learn and certify again before only essential service goes out",
        ),
        "settings_wrong": Fault("settings", FAIL, "{why}", "look again after that: nothing else was looked at"),
    }
)
