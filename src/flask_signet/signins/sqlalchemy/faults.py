"""What a driver's error means: the register is busy, or down, or was never set up.

Told apart by the codes of the databases, for words change and have languages. Neither
the server's words nor what was asked go into a message of ours: either may be a secret.
"""

from flask_signet.errors import ConfigError, SignetError
from flask_signet.signins.store import StoreBusy, StoreDown

from .table import NAME

BUSY_IN_SQLITE = (
    "The register cannot write: this request has uncommitted changes in the same SQLite"
    " file. Call db.session.commit() before login_user()."
)
BUSY = "The register cannot write: others hold what it has to change. Try again."
UNWRITABLE = (
    "The register cannot write: the disk is full, or the database may only be read."
)
DOWN = "The register cannot be asked"

_MEANINGS: dict[object, str] = {
    5: BUSY_IN_SQLITE,  # SQLITE_BUSY
    6: BUSY_IN_SQLITE,  # SQLITE_LOCKED
    8: UNWRITABLE,  # SQLITE_READONLY
    13: UNWRITABLE,  # SQLITE_FULL
    "40001": BUSY,  # serialization_failure
    "40P01": BUSY,  # deadlock_detected
    "55P03": BUSY,  # lock_not_available
    "25006": UNWRITABLE,  # read_only_sql_transaction
    "53100": UNWRITABLE,  # disk_full
    1205: BUSY,  # ER_LOCK_WAIT_TIMEOUT
    1213: BUSY,  # ER_LOCK_DEADLOCK
    1021: UNWRITABLE,  # ER_DISK_FULL
    1114: UNWRITABLE,  # ER_RECORD_FILE_FULL
    1290: UNWRITABLE,  # ER_OPTION_PREVENTS_STATEMENT (read only)
    1792: UNWRITABLE,  # ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
}

_ABSENT = {"42P01", 1146}  # undefined_table, ER_NO_SUCH_TABLE


def meaning(error: Exception, *, is_read: bool = False) -> SignetError | None:
    """Tell what a driver's error means; None if it is a mistake in the program.

    Args:
        error: as the driver raised it.
        is_read: whether nothing was to be written. A read is never busy, but down.

    """
    code = _code_of(error)
    if code in _ABSENT or str(error).startswith("no such table"):
        return ConfigError(
            f"The table {NAME}",
            "is not there; have create_all() or a migration make it,"
            " or call 'flask signet init-db'",
        )
    if code in _MEANINGS and not is_read:
        return StoreBusy(_MEANINGS[code])
    # By name, for each driver has classes of its own, all named alike (PEP 249).
    kinds = {each.__name__ for each in type(error).__mro__}
    is_no_database = type(error).__name__ == "DatabaseError"  # the base of all the rest
    if is_no_database or kinds & {
        "OperationalError",
        "InterfaceError",
        "InternalError",
    }:
        return down(error)
    return None


def down(error: Exception, kind: type[StoreDown] = StoreDown) -> StoreDown:
    code = _code_of(error)
    return kind(f"{DOWN} ({type(error).__name__}{f' {code}' if code else ''}).")


def _code_of(error: Exception) -> object:
    if code := getattr(error, "sqlite_errorcode", None):
        return code & 0xFF  # what is above is the finer kind
    for name in ("sqlstate", "pgcode"):  # psycopg, psycopg2
        if code := getattr(error, name, None):
            return code
    return error.args[0] if error.args and isinstance(error.args[0], int) else None
