"""botocore's own client of S3, with the settings of an ``s3fs.S3FileSystem``.

s3fs does everything on one event loop; parts of an upload that are sent from threads of their own are there sooner.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["call", "client_of"]


@lru_cache(maxsize=4)
def client_of(fs: Any) -> Any:
    """The client; it may be used by several threads.

    Args:
        fs: The file system; its keys, address, profile and options are taken.
    """
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.session import Session

    keys = {"aws_access_key_id": fs.key, "aws_secret_access_key": fs.secret, "aws_session_token": fs.token}
    given = {"use_ssl": fs.use_ssl, "endpoint_url": fs.endpoint_url, **({} if fs.anon else keys)}
    config = dict(fs.config_kwargs)
    if fs.anon:
        config["signature_version"] = UNSIGNED
    options = {**{name: value for name, value in given.items() if value is not None}, **fs.client_kwargs}
    return Session(**fs.kwargs).create_client("s3", config=Config(**config), **options)


def call(client: Any, method: str, **options: Any) -> Any:
    """Call a method; errors are those that s3fs raises."""
    from s3fs.errors import translate_boto_error

    try:
        return getattr(client, method)(**options)
    except Exception as error:
        raise translate_boto_error(error) from error
