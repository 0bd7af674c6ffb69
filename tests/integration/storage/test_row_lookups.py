"""The emulator looks rows up by RowKey first (dev/azurite/lookups.js): rows of the same RowKey stay apart."""
from __future__ import annotations

import uuid

from azure.data.tables import TableServiceClient


def test_rows_of_one_key_in_two_partitions_are_written_and_deleted_each_by_itself(azurite):
    service = TableServiceClient.from_connection_string(azurite.connection_string)
    table = service.create_table(f"t{uuid.uuid4().hex}")
    for partition, value in (("b", 1), ("a", 2), ("b", 3)):
        table.upsert_entity({"PartitionKey": partition, "RowKey": "same", "value": value})
    assert (table.get_entity("a", "same")["value"], table.get_entity("b", "same")["value"]) == (2, 3)
    table.delete_entity("b", "same")
    assert [(row["PartitionKey"], row["value"]) for row in table.list_entities()] == [("a", 2)]
    service.delete_table(table.table_name)
