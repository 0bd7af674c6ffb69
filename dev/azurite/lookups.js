// Loaded before Azurite (node --require): it looks a row up by its RowKey, and then by its PartitionKey.
// As it stands it asks the other way round, and since only the first property of a query goes by an index, each upsert
// compares the keys of all rows of the partition, twice: a row then costs the more the more rows there are.
const { createRequire } = require("node:module");
const { Collection } = createRequire(require("node:fs").realpathSync(process.argv[1]))("lokijs");

const findOne = Collection.prototype.findOne;
Collection.prototype.findOne = function (query) {
  if (query && "PartitionKey" in query && "RowKey" in query) {
    const { RowKey, ...others } = query;
    return findOne.call(this, { RowKey, ...others });
  }
  return findOne.call(this, query);
};
