"""The clock of a process: believed while it goes as time does, and vouched for by the one before."""
