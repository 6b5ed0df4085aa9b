"""What came of the decisions: effect against those held out, and groups of customers. Pure: no SQL, no HTTP."""
