"""From raw logs to a training table (CONTRACT section 10, METHOD section 1), out of core and customer by customer.

    description   history.toml, strictly read: which file and which column is what
    paths         which files a log is
    heads         what their columns are called and are, and whether they agree
    opening       all files of a log as one relation
    files         the files as views with our own names of columns, read by DuckDB
    viewing       a log under our own names of columns, line by line
    asking        statements run, and their answers by name
    doubting      what was counted of a log: refused, or kept to be told
    gathering     customers numbered, occasions chosen, outcomes gathered: constant SQL
    shape         the table's columns
    counting      what was before an occasion and what followed it, from sorted times
    dealing       occasions and acts, part by part of the customers, through files
    spilling      what was counted, back in the order of time
    ahead         threads: parts beside each other, reading beside writing
    assembling    rows in the order of time, with what was counted
    building      all of it in order
    telling       counts and notes
    publishing    the table on disk, whole or not at all

Nothing about one customer depends on another, so parts of the customers can be built apart and put together.
"""
