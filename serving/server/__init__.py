"""`outreach serve`: sockets, connections and processes, guarded; what requests say is for `serving.routes`."""
