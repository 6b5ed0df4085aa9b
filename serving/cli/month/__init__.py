"""The demo's month: thirty days of a small company before now, so that the console has a story to tell.

It is decided by what decides, and nothing is written past the ledger's own port: every row comes of an event, a
decision, an outcome or a person's act. Made up are the customers, what happens to them, and what they do then
(`model.synthetic.live`).
"""
