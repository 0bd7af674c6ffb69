// What TensorFlow.js itself makes of pictures, to hold the conversion against: docs/image-model.md, "Conversion".
//   npm install @tensorflow/tfjs@4.22.0 nsfwjs@4.4.0 --ignore-scripts
//   node tensorflow_js_reference.mjs <folder with node_modules> <pictures: float32 [n, 224, 224, 3]>  > answers.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import vm from "node:vm";

const [folder, pictures] = process.argv.slice(2);
const tf = createRequire(`${folder}/`)("@tensorflow/tfjs");

function exported(model, file) {
  const place = { module: {}, exports: {} };
  vm.runInNewContext(readFileSync(`${folder}/node_modules/nsfwjs/dist/models/${model}/${file}.min.js`, "utf8"), place);
  return place.module.exports;
}

function handler(model, shards) {
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(JSON.stringify(exported(model, "model")));
  const bytes = Buffer.concat(shards.map((shard) => Buffer.from(exported(model, shard), "base64")));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  return tf.io.fromMemory({ ...rest, modelTopology, weightSpecs, weightData });
}

const content = readFileSync(pictures);
const values = new Float32Array(content.buffer.slice(content.byteOffset, content.byteOffset + content.length));
const images = tf.tensor4d(values, [values.length / (224 * 224 * 3), 224, 224, 3]);
await tf.setBackend("cpu");
const mid = await tf.loadGraphModel(handler("mobilenet_v2_mid", ["group1-shard1of2", "group1-shard2of2"]));
const small = await tf.loadLayersModel(handler("mobilenet_v2", ["group1-shard1of1"]));
const pooled = mid.artifacts.modelTopology.node.find((node) => node.op === "Squeeze").name;
const answers = { mobilenet_v2_mid: [], features: [], mobilenet_v2: [] };
for (const image of tf.unstack(images)) {
  const batch = image.expandDims(0);
  const [predictions, features] = mid.execute(batch, ["Identity", pooled]);
  answers.mobilenet_v2_mid.push(Array.from(predictions.dataSync()));
  answers.features.push(Array.from(features.dataSync()));
  answers.mobilenet_v2.push(Array.from(small.predict(batch).dataSync()));
}
console.log(JSON.stringify(answers));
