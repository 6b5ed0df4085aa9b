"""What DuckDB is told, as constants: names are ours, values are parameters, and the user's own names stand in neither.

Tables, of a database in memory that spills to disk what outgrows its limit:

    contacts      one line of the log: id, customer, t (microseconds), contacted, propensity, purpose, channel, cluster,
                  fact, version, and `part`, what it is: `row`, `marketing`, `essential` (or never drawn), `wrong`
    people        customer → code
    acts          code, t, kind: contacts that went out, engagements, complaints, opt-outs, words to us, and once more
                  the opt-outs that name no message
    firsts        of every fact the first occasion that was drawn
    harm          when a complaint or an opt-out first named a row's contact, or a later one about its fact, after it
    records       code, since and until (microseconds), and the attributes of a customer from then till then
    ordered       the rows, whose windows had closed, in the order of time, numbered from 0, with attributes as of then
"""

CONTACTS = """
CREATE TABLE contacts AS SELECT * REPLACE (
    list_position($purposes, purpose)::UTINYINT AS purpose, list_position($channels, channel)::UTINYINT AS channel
), CASE
    WHEN list_contains($marketing, purpose) THEN 'marketing'
    WHEN coalesce(essential, false) OR list_contains($essential, purpose) THEN 'essential'
    WHEN NOT $logged THEN 'row'
    WHEN propensity > 0 AND propensity < 1 THEN 'row'
    WHEN contacted AND (propensity IS NULL OR propensity = 1) THEN 'essential'
    WHEN NOT contacted AND propensity = 0 THEN 'essential'
    ELSE 'wrong' END AS part
FROM contacts_given"""
GAPS = """
SELECT count(*) AS lines, lines - count(id) AS id, lines - count(customer) AS customer, lines - count(t) AS time,
    lines - count(contacted) AS contacted, lines - count(purpose) AS purpose, lines - count(channel) AS channel,
    lines - count(essential) AS essential, count(*) FILTER (isnan(propensity)) AS propensity
FROM contacts"""
DIFFERENT_IDS = "SELECT count(*) = count(DISTINCT hash(id)) AS same FROM contacts"
TWICE = "SELECT id, count(*) AS lines FROM contacts GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"
WRONG = "SELECT t, id, contacted, propensity FROM contacts WHERE part = 'wrong' ORDER BY t, id LIMIT 1"
PEOPLE = """
CREATE TABLE people AS SELECT customer, row_number() OVER () - 1 AS code
FROM (SELECT DISTINCT customer FROM contacts WHERE part <> 'marketing')"""
ACTS = """
CREATE TABLE acts AS SELECT code, t, 0::TINYINT AS kind
FROM contacts JOIN people USING (customer) WHERE contacted AND part <> 'marketing'"""
ENGAGEMENTS = """
INSERT INTO acts SELECT code, t, CASE kind WHEN 'engaged' THEN 1 ELSE 4 END
FROM engagements_given JOIN people USING (customer)
WHERE kind = 'contacted_us' OR kind = 'engaged' AND contact IS NULL"""
ENGAGEMENT_COUNTS = """
SELECT count(*) AS lines, lines - count(t) AS time, lines - count(kind) AS kind,
    count(*) FILTER (contact IS NOT NULL AND (customer IS NULL OR kind = 'engaged')) AS by_contact,
    count(*) FILTER (customer IS NOT NULL AND (kind = 'contacted_us' OR contact IS NULL AND kind = 'engaged')) AS own,
    count(*) FILTER (customer IS NOT NULL AND kind = 'contacted_us') AS contacted_us,
    count(*) FILTER (customer IS NULL AND contact IS NULL) AS nobody, max(t) AS latest
FROM engagements_given"""
COMPLAINTS = """
CREATE TABLE complaints (
    customer VARCHAR, contact VARCHAR, t BIGINT, kind VARCHAR, told BIGINT, told_to VARCHAR
)"""
COMPLAINED = """
INSERT INTO complaints SELECT coalesce(g.customer, c.customer) AS customer, g.contact, g.t, g.kind, c.t, c.customer
FROM complaints_given g LEFT JOIN contacts c ON g.contact = c.id"""
COMPLAINT_COUNTS = """
SELECT count(*) AS lines, lines - count(t) AS time, lines - count(kind) AS kind,
    count(*) FILTER (customer IS NULL AND contact IS NULL) AS nobody, max(t) AS latest
FROM complaints_given"""
NAMED_COUNTS = """
SELECT count(*) FILTER (contact IS NOT NULL AND told IS NULL) AS unknown, count(*) FILTER (t < told) AS early,
    min(contact) FILTER (t < told) AS earliest, count(*) FILTER (customer <> told_to) AS another, count(customer) AS own
FROM complaints WHERE kind IS NOT NULL"""
COMPLAINT_ACTS = """
INSERT INTO acts SELECT code, t, CASE kind WHEN 'complaint' THEN 2 ELSE 3 END
FROM complaints JOIN people USING (customer) WHERE kind IS NOT NULL"""
UNPROMPTED = """
INSERT INTO acts SELECT code, t, 5 FROM complaints JOIN people USING (customer)
WHERE kind = 'opt_out' AND contact IS NULL"""
EVERY = "CREATE VIEW firsts AS SELECT * FROM contacts WHERE part = 'row'"
FIRSTS = """
CREATE TABLE firsts AS SELECT * FROM contacts WHERE part = 'row'
QUALIFY row_number() OVER (PARTITION BY customer, coalesce('f' || fact, 'i' || id) ORDER BY t, id) = 1"""
CHOSEN_COUNTS = "SELECT count(*) AS firsts, count(*) FILTER (t <= $latest) AS chosen FROM firsts"
HARM = """
CREATE TABLE harm AS SELECT id, min(t) AS t FROM (
    SELECT r.id, a.t FROM complaints a JOIN firsts r ON a.contact = r.id WHERE a.kind IS NOT NULL AND a.t >= r.t
    UNION ALL
    SELECT r.id, a.t FROM complaints a JOIN contacts c ON a.contact = c.id
    JOIN firsts r ON r.customer = c.customer AND r.fact = c.fact
    WHERE a.kind IS NOT NULL AND c.part <> 'marketing' AND c.t >= r.t AND a.t >= c.t)
GROUP BY id"""
COUNTS = """
SELECT count(*) AS lines, count(*) FILTER (part = 'marketing') AS marketing,
    count(*) FILTER (part = 'essential') AS essential, count(*) FILTER (part = 'row') AS drawn,
    min(t) AS earliest, max(t) AS latest
FROM contacts"""
RECORDS = """
CREATE TABLE records AS SELECT
    code, lead(since, 1, 9223372036854775807) OVER (PARTITION BY code ORDER BY since) AS until, g.* EXCLUDE (id)
FROM customers_given g JOIN people p ON g.id = p.customer"""
MOST_RECORDS = "SELECT coalesce(max(n), 0) AS most FROM (SELECT count(*) AS n FROM records GROUP BY code)"
RECORD_COUNTS = """
SELECT count(*) AS lines, lines - count(id) AS id, lines - count(since) AS valid_from,
    count(DISTINCT hash(id, since)) AS different
FROM customers_given"""
RECORD_TWICE = "SELECT id FROM customers_given GROUP BY id, since HAVING count(*) > 1 ORDER BY id LIMIT 1"
ORDERED = """
CREATE TABLE ordered AS SELECT row_number() OVER () - 1 AS number, * FROM (
    SELECT c.id, c.customer, c.t, c.contacted, c.propensity, c.purpose, c.channel, c.cluster, c.version, p.code,
        h.t AS harmed
    FROM firsts c JOIN people p USING (customer) LEFT JOIN harm h ON h.id = c.id
    WHERE c.t <= $latest ORDER BY c.t, c.id)"""
ORDERED_WITH_RECORDS = """
CREATE TABLE ordered AS SELECT row_number() OVER () - 1 AS number, * FROM (
    SELECT c.id, c.customer, c.t, c.contacted, c.propensity, c.purpose, c.channel, c.cluster, c.version, p.code,
        h.t AS harmed, r.* EXCLUDE (code, since, until), r.code IS NULL AS unknown
    FROM firsts c JOIN people p USING (customer) LEFT JOIN harm h ON h.id = c.id
    ASOF LEFT JOIN records r ON p.code = r.code AND c.t > r.since
    WHERE c.t <= $latest ORDER BY c.t, c.id)"""
ORDERED_WITH_FEW_RECORDS = """
CREATE TABLE ordered AS SELECT row_number() OVER () - 1 AS number, * FROM (
    SELECT c.id, c.customer, c.t, c.contacted, c.propensity, c.purpose, c.channel, c.cluster, c.version, p.code,
        h.t AS harmed, r.* EXCLUDE (code, since, until), r.code IS NULL AS unknown
    FROM firsts c JOIN people p USING (customer) LEFT JOIN harm h ON h.id = c.id
    LEFT JOIN records r ON p.code = r.code AND c.t > r.since AND c.t <= r.until
    WHERE c.t <= $latest ORDER BY c.t, c.id)"""
ORDERED_WITH_ONE_RECORD = """
CREATE TABLE ordered AS SELECT row_number() OVER () - 1 AS number, * FROM (
    SELECT c.id, c.customer, c.t, c.contacted, c.propensity, c.purpose, c.channel, c.cluster, c.version, p.code,
        h.t AS harmed, r.* EXCLUDE (code, since, until), r.code IS NULL AS unknown
    FROM firsts c JOIN people p USING (customer) LEFT JOIN harm h ON h.id = c.id
    LEFT JOIN records r ON p.code = r.code
    WHERE c.t <= $latest ORDER BY c.t, c.id)"""
UNKNOWN = "SELECT count(*) FILTER (unknown) AS unknown FROM ordered"
DROPPED = ("DROP TABLE contacts CASCADE", "DROP TABLE people", "DROP TABLE complaints")
DEALT = "DROP TABLE acts"
TO_DEAL = """
SELECT greatest((SELECT max(code) FROM ordered), (SELECT max(code) FROM acts)) + 1 AS people,
    (SELECT count(*) FROM ordered) + (SELECT count(*) FROM acts) AS lines"""
OCCASIONS = "SELECT code, t, contacted::BIGINT AS contacted, coalesce(harmed, 0) AS harmed, number FROM ordered"
PAST = "SELECT code, t, kind::BIGINT AS kind FROM acts"
BY_TIME = """
SELECT * EXCLUDE (code, harmed) REPLACE ($purposes[purpose] AS purpose, $channels[channel] AS channel) FROM ordered"""
