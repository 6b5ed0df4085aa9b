"""The relay: takes our webhook, and hands each offer to a chat platform as exactly one message (docs/relay.md)."""
