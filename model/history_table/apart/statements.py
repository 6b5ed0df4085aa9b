"""What DuckDB is told apart from `model.history_table.statements`: which place a line goes to, and what came to one."""

ENGAGEMENTS_READ = "CREATE TABLE engagements_given AS SELECT * FROM acts_seen"
COMPLAINTS_READ = "CREATE TABLE complaints_given AS SELECT * FROM acts_seen"
CONTACTS_BY_CUSTOMER = "SELECT hash(customer) % $places AS place, * FROM contacts ORDER BY place"
CONTACTS_BY_ID = "SELECT hash(id) % $places AS place, id, customer, t FROM contacts ORDER BY place"
ENGAGEMENTS_BY_CUSTOMER = """
SELECT hash(customer) % $places AS place, $log::INTEGER AS log, customer, t, kind FROM engagements_given
WHERE customer IS NOT NULL AND (kind = 'contacted_us' OR kind = 'engaged' AND contact IS NULL) ORDER BY place"""
COMPLAINTS_BY_CONTACT = """
SELECT hash(coalesce(contact, customer)) % $places AS place, * FROM complaints_given ORDER BY place"""
COMPLAINTS_BY_CUSTOMER = """
SELECT hash(customer) % $places AS place, * FROM complaints WHERE customer IS NOT NULL
UNION ALL
SELECT hash(told_to) % $places AS place, * FROM complaints
WHERE told_to IS NOT NULL AND hash(told_to) % $places IS DISTINCT FROM hash(customer) % $places
ORDER BY place"""
RECORDS_BY_CUSTOMER = "SELECT hash(id) % $places AS place, * FROM customers_given ORDER BY place"
TIMES = """
SELECT t, every FROM (
    SELECT t, row_number() OVER (ORDER BY t) - 1 AS number, greatest(1, count(*) OVER () // 256) AS every
    FROM contacts WHERE part = 'row' AND t <= $latest)
WHERE number % every = 0 ORDER BY t"""
IDS = "CREATE TABLE contacts (id VARCHAR, customer VARCHAR, t BIGINT)"
COMPLAINTS = "CREATE TABLE complaints_given (customer VARCHAR, contact VARCHAR, t BIGINT, kind VARCHAR)"
CONTACTS = """
CREATE TABLE contacts (
    id VARCHAR, customer VARCHAR, cluster VARCHAR, fact VARCHAR, version VARCHAR, essential BOOLEAN, t BIGINT,
    contacted BOOLEAN, purpose UTINYINT, channel UTINYINT, propensity DOUBLE, part VARCHAR
)"""
ENGAGEMENTS = "CREATE TABLE engaged (log INTEGER, customer VARCHAR, t BIGINT, kind VARCHAR)"
ENGAGEMENTS_GIVEN = """
CREATE OR REPLACE TEMP TABLE engagements_given AS
SELECT customer, NULL::VARCHAR AS contact, t, kind FROM engaged WHERE log = $log"""
RECORDS = "CREATE TABLE customers_given AS SELECT * FROM parcel"
INTO = {
    "ids": "INSERT INTO contacts BY NAME SELECT * FROM parcel",
    "named": "INSERT INTO complaints_given BY NAME SELECT * FROM parcel",
    "contacts": "INSERT INTO contacts BY NAME SELECT * FROM parcel",
    "engagements": "INSERT INTO engaged BY NAME SELECT * FROM parcel",
    "complaints": "INSERT INTO complaints BY NAME SELECT * FROM parcel",
    "records": "INSERT INTO customers_given BY NAME SELECT * FROM parcel",
}
