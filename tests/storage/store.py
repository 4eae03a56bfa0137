"""What a test holds of the S3 service in store_server.py: an address, a bucket, and the faults."""

import itertools
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

_names = itertools.count()


class StoreServer:
    """The service, in a process of its own."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("store_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.endpoint = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=120)


class Store:
    """A bucket of its own for each test."""

    def __init__(self, server):
        import boto3
        from botocore.config import Config

        self.endpoint = server.endpoint
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "not-so-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "2",
            "SYNTHKIT_STORAGE_PATIENCE": "60",
            "SYNTHKIT_LEASE_SECONDS": "3",
        }
        self.client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id="AKIATEST",
            aws_secret_access_key="not-so-secret",
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 10}),
        )
        self.faults()
        self.bucket = f"bucket-{os.getpid()}-{next(_names)}"
        self.client.create_bucket(Bucket=self.bucket)
        self.url = f"s3://{self.bucket}/sets/one"

    def faults(self, **wanted):
        """Turn faults on; none where none are given."""
        request = urllib.request.Request(f"{self.endpoint}/-/faults", json.dumps(wanted).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=120).close()

    def seen(self):
        """Requests so far, by method, and those that failed on purpose."""
        with urllib.request.urlopen(f"{self.endpoint}/-/seen", timeout=120) as answer:
            return json.load(answer)

    def names(self, prefix=""):
        """All objects of the bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []))

    def read(self, key):
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def write(self, key, data):
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def uploads(self):
        """Uploads in parts that are not complete."""
        return self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
