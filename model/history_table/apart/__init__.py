"""The same table, built by many processes that share nothing: each reads some files, or builds some of the customers.

    parcels       lines packed as Arrow, addressed to a place
    engine        who carries parcels and runs steps; `Here` in this process
    statements    which place a line belongs to: constant SQL
    steps         how a step starts, and how what it finds out comes back
    reading       the files of all logs: every line to the place of its customer
    naming        contacts and what complaints name, brought together by id
    customers     the rows of some customers
    in_time       rows brought together by time, and sorted
    judging       what every step told, put together: the same refusals and counts as of one process
    building      all of it in order

Lines are read, checked, gathered and counted by the modules that one process uses; only what goes where is said here.
"""
