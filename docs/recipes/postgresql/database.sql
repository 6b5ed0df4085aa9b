-- Run once by a superuser: psql -f database.sql. Passwords are set afterwards: \password outreach, and so on
-- A database that is the ledger's alone; the limit: connections of the API's workers and of commands, with room for a restart.
CREATE ROLE outreach LOGIN CONNECTION LIMIT 40;
CREATE DATABASE outreach OWNER outreach ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE outreach FROM PUBLIC;

-- Who makes backups reads everything and writes nothing; who watches sees how the server does, and no customer.
CREATE ROLE outreach_backup LOGIN CONNECTION LIMIT 2;
GRANT pg_read_all_data TO outreach_backup;
GRANT CONNECT ON DATABASE outreach TO outreach_backup;
CREATE ROLE outreach_monitor LOGIN CONNECTION LIMIT 2;
GRANT pg_monitor TO outreach_monitor;
GRANT CONNECT ON DATABASE outreach TO outreach_monitor;
