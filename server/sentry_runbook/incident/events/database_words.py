"""The words by which errors of drivers tell that a database did not serve the caller."""

from __future__ import annotations

from sentry_runbook.incident.events.words import Words

CONNECTIONS_RAN_OUT = Words(
    # "HTTPSConnectionPool(host=…)" is how Python's urllib3 begins every failed call: no pool ran out. Its warning
    # "Connection pool is full, discarding connection" says that a connection is not kept, no more. A pool's name
    # alone says nothing either: pools are shut down, misspelt and configured wrongly, too.
    r"QueuePool limit|(?<!thread )pool (?:is |was |has been )?(?:probably )?(?:exhausted|empty\b)",
    r"pool (?:is )?(?:probably )?full\b(?!, discarding)",
    r"pool (?:limit\b|timed? ?out|timeout)|PoolTimeout|Pool_?Exhausted|ExhaustedPool|ConnectionPool::Timeout",
    r"(?:obtain|wait|fetch|check|get|acquir|borrow)\w{0,40}+(?: \w{1,40}+){0,4} (?:connection|resource) "
    r"from (?:the |a )?(?:connection )?pool|pool error Timeout waiting|connection pool cannot serve",
    r"- Connection is not available|connection not available and request was dropped",
    r"no available connections|no more connections allowed|EmptyPoolError|No pool connections are available",
    r"too ?many ?(?:database |client |open )?(?:connections|clients)|connection slots are reserved",
    r"more than [’'\"]?max_user_connections|max_connections (?:was |has been )?(?:reached|exceeded)",
    r"max(?:imum)? (?:number of )?(?:clients|(?:client )?connections)(?: (?:was|were|has been|have been|are))? "
    r"(?:reached|exceeded|limited)|connection limit (?:was |has been )?(?:exceeded|reached)",
    r"(?:time-?out|timed out|unable|failed|waiting|queue)[^.\n]{0,40} acquir\w+ (?:a |the )?(?:\w+ )?connection",
    r"client to checkout a Connection has timed out|couldn.t get a connection after|\bacquisition timeout\b",
    r"waiting for a slot to become available|Pending acquire queue has reached|Pool#acquire\(",
    r"pool reached max wait queue|request limit for the database is \d+ and has been reached",
    r"worker_connections are not enough",
    r"ConnectionAcquireTimeout|wait queue for acquiring|WaitQueueTimeout|\bquery_wait_timeout\b",
)
"""A pool or a server that has no connection left."""

LOCKS_TIMED_OUT = Words(
    # Go's "all goroutines are asleep - deadlock!" is a fault of the code alone.
    r"lock ?wait ?timeout|lock timeout|deadlock (?:detected|found|victim)|DeadlockDetected|\bdeadlocked\b",
    r"DeadlockLoser|statement timeout|canceling statement due to|database is locked|SQLITE_BUSY",
)
"""Locks that were not had in time, deadlocks, statements that took too long."""

READ_ONLY = Words(
    r"cannot execute \w{1,20} in a read-only transaction|--(?:super-)?read-only option|--innodb-read-only",
    r"NotWritablePrimary|NotPrimary(?:Error|NoSecondaryOk|OrSecondary)|not master and slaveOk",
    r"attempt to write a readonly database|SQLITE_READONLY|ORA-16000|ORA-01109|database is open for read-only",
    r"Failed to update database [^\n]{0,60}because the database is read-only",
)
"""A database that takes no writes: the application speaks to a replica, or a fail-over is under way."""

UNAVAILABLE = Words(
    # PostgreSQL
    r"could not connect to server|connection to server at [^\n]{1,120}? failed"
    r"|server closed the connection unexpectedly",
    r"terminating connection due to|the database system is (?:starting up|shutting down|in recovery|not accepting)",
    r"PG::(?:ConnectionBad|UnableToSend|AdminShutdown)|PSQLException: (?:Connection|An I/O error|This connection)",
    r"NpgsqlException[^\n]{0,60}(?:Failed to connect|Exception while|timeout)|asyncpg\S{0,40}(?:CannotConnect"
    r"|ConnectionDoes)",
    # MySQL
    r"MySQL server has gone away|Lost connection to (?:MySQL|server)|Can.t connect to (?:local )?(?:MySQL )?server",
    r"SQLSTATE\[(?:HY000|08006|08001|08S01)\] \[(?:2002|2003|2006|2013|7)\]|Communications? link failure",
    r"CommunicationsException|PROTOCOL_CONNECTION_LOST|driver: bad connection|Mysql2::Error::ConnectionError",
    r"NonTransientConnectionException|(?:pq|mysql): (?:invalid connection|unexpected EOF)",
    # MongoDB
    r"Mongo(?:ose)?(?:Network|ServerSelection|Timeout|SocketOpen|SocketRead|SocketWrite|NotPrimary)\w*|AutoReconnect\b",
    r"ServerSelectionTimeout|server selection (?:error|timeout)|Topology is closed|buffering timed out after",
    r"No (?:servers?|suitable servers?|replica set members) (?:available|found|match|is available)",
    r"Mongo::Error::(?:NoServerAvailable|Socket\w*)|ConnectionFailure: [^\n]{0,60}:2701\d",
    # SQL Server, Oracle, SQLite
    r"A (?:network-related or instance-specific|transport-level) error|SqlException[^\n]{0,60}(?:Timeout expired"
    r"|Timeout Expired)",
    r"Execution Timeout Expired|ORA-(?:12\d{3}|03113|03114|03135|01033|01034|01089|01090|00257)\b|TNS:",
    r"DPY-(?:6005|6001|4011)\b|DPI-1080|unable to open database file|SQLITE_(?:CANTOPEN|IOERR|CORRUPT)",
    r"database disk image is malformed",
    # others, and libraries above them
    r"PrismaClientInitializationError|Can.t reach database server|Sequelize\w{0,20}Connection\w{0,12}Error",
    r"DBConnection\.ConnectionError|Doctrine\S{0,40}ConnectionException",
    r"NoHostAvailable|AllNodesFailed|Cassandra timeout|OperationTimedOut|UnavailableException: Not enough replicas",
    r"NoLivingConnections|NoNodesAvailable|NoNodeAvailable|ClusterBlockException|all shards failed"
    r"|No alive nodes found",
    r"database connection (?:error|failed|was lost|is not open)|DatabaseUnavailable|ConnectionNotEstablished",
)
"""A database that does not answer, in the words of its driver."""
