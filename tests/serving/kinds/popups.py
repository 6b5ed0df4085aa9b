"""The words and the careless rules of a shop that asks for a pop-up whenever anything happens."""

STEP = 'next_step: "ask here and a person will answer."'
TEXT = "If a difference between the plans on this page is unclear, ask here and a person will answer."
OTHER = "You are looking at the page of plans. If it leaves a question open, ask here and a person will answer."
WELCOME = "This is your first visit. If you cannot find something, ask here and a person will answer."
TEMPLATES = f"""
templates:
  - {{ id: compare_plans, purpose: in_session_help, text: "{TEXT}", {STEP} }}
  - {{ id: another_text, purpose: in_session_help, text: "{OTHER}", {STEP} }}
  - {{ id: first_visit, purpose: onboarding, text: "{WELCOME}", {STEP} }}
"""


def on(kind: str, template: str = "compare_plans", *, purpose: str = "in_session_help", channel: str = "widget") -> str:
    """Return a trigger without a condition."""
    name = f"{template}_{kind.replace('.', '_')}"
    return f"  - {{ id: {name}, on: {kind}, purpose: {purpose}, template: {template}, channel: {channel} }}\n"


EVERYTHING = (
    TEMPLATES
    + "triggers:\n"
    + on("page.dwelled")
    + on("exit.intended")
    + on("session.started", "first_visit", purpose="onboarding")
)
