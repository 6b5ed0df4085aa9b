"""What may be said of the model in charge to people without code: pure, from its artefact and from recorded decisions.

status      whether it may send anything now, in one line
card        its certificate, gate, figures and limits, from the report in its artefact
curves      the pictures of that report, as numbers
challenger  what the model in charge and its challenger said of the same occasions
moved       how far what is scored now lies from what was learned
"""
