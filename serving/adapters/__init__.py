"""What platforms send is read here, and offers are sent by webhook."""
