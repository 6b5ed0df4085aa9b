"""The events of the contract: their types, the names in their data, and what triggers may ask about them."""
