"""Who may do what: keys, the widget's keys, signed webhooks, sessions of the console."""
