// `node unpack.mjs FOLDER NAME...`: writes FOLDER/NAME.br out as ./NAME. Node brings the decompressor that Python lacks.
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

const [folder, ...names] = process.argv.slice(2);
for (const name of names) {
  await pipeline(createReadStream(`${folder}/${name}.br`), createBrotliDecompress(), createWriteStream(name));
}
