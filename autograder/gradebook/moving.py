"""A gradebook from one database to another: every row, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy
from nbgrader.api import Base
from sqlalchemy import Engine, func, insert, select

from autograder.errors import AutograderError
from autograder.gradebook.database import CHUNK, exists, explain, open_engine, without_password

Progress = Callable[[int, int], None]


def move_gradebook(
    db_url: str, to: str, progress: Progress = lambda done, total: None
) -> dict[str, int]:
    """Copy all tables of one gradebook into another that is empty; rows by table.

    The old one stays as it is. ``db_url`` and ``to`` are SQLAlchemy's URLs.

    Raises:
        AutograderError: they are the same, the new one has something in it already, or one of them
            cannot be opened.
    """
    if sqlalchemy.engine.make_url(db_url) == sqlalchemy.engine.make_url(to):
        raise AutograderError(f"The gradebook is at {without_password(to)} already.")
    if not exists(db_url):
        raise AutograderError(f"There is no gradebook at {without_password(db_url)} yet.")
    old, new = open_engine(db_url), open_engine(to)
    try:
        return _copy(old, new, to, progress)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise explain(to, error) from error
    finally:
        old.dispose()
        new.dispose()


def _copy(old: Engine, new: Engine, to: str, progress: Progress) -> dict[str, int]:
    tables = Base.metadata.sorted_tables  # each behind those that it refers to
    with old.begin() as source, new.begin() as target:
        counts = {
            table.name: int(source.execute(select(func.count()).select_from(table)).scalar_one())
            for table in tables
        }
        for table in tables:
            found = target.execute(select(func.count()).select_from(table)).scalar_one()
            # an empty gradebook that nbgrader has opened knows the course, and nothing else
            if table.name == "course" and found:
                target.execute(table.delete())
            elif found:
                raise AutograderError(
                    f"The gradebook {without_password(to)} has something in it already "
                    f"({found} in the table {table.name!r}): name an empty database."
                )
        done, total = 0, sum(counts.values())
        for table in tables:
            for rows in source.execute(select(table)).mappings().partitions(CHUNK):
                target.execute(insert(table), [dict(row) for row in rows])
                done += len(rows)
                progress(done, total)
        for table in tables:  # before anything is final
            found = target.execute(select(func.count()).select_from(table)).scalar_one()
            if found != counts[table.name]:
                raise AutograderError(
                    f"{counts[table.name] - found} rows of {table.name!r} did not arrive in "
                    f"{without_password(to)}; nothing was kept there, and the old gradebook is "
                    "as it was."
                )
    return {name: count for name, count in counts.items() if count}
