-- Run by outreach_monitor: psql -d outreach -f watch.sql. One row each; what to do stands in postgresql.md.
SELECT 'connections' AS watched, count(*)::text AS value FROM pg_stat_activity WHERE datname = 'outreach'
UNION ALL
SELECT 'oldest transaction, seconds', coalesce(round(max(extract(epoch FROM now() - xact_start))), 0)::text
    FROM pg_stat_activity WHERE datname = 'outreach'
UNION ALL
SELECT 'waiting for a lock', count(*)::text FROM pg_stat_activity WHERE datname = 'outreach' AND wait_event_type = 'Lock'
UNION ALL
SELECT 'locks held', count(*)::text FROM pg_locks
UNION ALL
SELECT 'locks there is room for',
    (current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int)::text
UNION ALL
SELECT 'deadlocks', deadlocks::text FROM pg_stat_database WHERE datname = 'outreach'
UNION ALL
SELECT 'size', pg_size_pretty(pg_database_size('outreach'))
UNION ALL
SELECT 'dead rows not yet cleaned', coalesce(sum(n_dead_tup), 0)::text FROM pg_stat_user_tables;
