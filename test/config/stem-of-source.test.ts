import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stemOf } from "../../src/config/stem-of-source.ts";

const test = suite("names of models");

const digest = `sha256:${"a".repeat(64)}`;

for (const [source, stem] of [
  ["models/ridge.pkl", "ridge"],
  ["models/ridge.v2.pkl", "ridge.v2"],
  ["models/v1.5/", "v1"],
  [".hidden", ".hidden"],
  ["https://models.example.com/a/ridge.pkl?version=3", "ridge"],
  ["https://models.example.com/a/ridge.tar.gz?signature=x.y#z", "ridge.tar"],
  ["hf://org/name-7B-v0.1", "name-7B-v0.1"],
  ["hf://org/name@v1.0", "name"],
  ["hf://org/name@feature%2Fone/", "name"],
  ["hf://org/name@refs/pr/7", "name"],
  ["hf://datasets/org/name", "name"],
  ["hf://org/name@v1.0/onnx/model.onnx", "model"],
  ["hf://org/name/config.json", "config"],
  ["oci://registry.example.com/team/ridge", "ridge"],
  ["oci://registry.example.com:5000/team/ridge:1.2.3", "ridge"],
  [`oci://registry.example.com/team/ridge:1@${digest}`, "ridge"],
  [`oci://registry.example.com/team/qwen2.5@${digest}`, "qwen2.5"],
  ["s3://bucket/models/ridge.pkl?versionId=3", "ridge"],
  ["gs://bucket/models/ridge.pkl#3", "ridge"],
  ["az://account/models/ridge.pkl?versionid=2026-01-01", "ridge"],
  ["az://account/models/forest/", "forest"],
  ["azureml:ridge:3", "ridge"],
  ["azureml:ridge@latest", "ridge"],
  ["azureml://subscriptions/s/resourceGroups/g/workspaces/w/models/ridge/versions/3", "ridge"],
  ["azureml:/subscriptions/s/resourceGroups/g/workspaces/w/models/ridge/labels/latest", "ridge"],
  ["mlflow:models:/ridge/3", "ridge"],
  ["mlflow:models:/ridge@champion", "ridge"],
  ["mlflow:models:/m-1", "m-1"],
  ["mlflow:runs:/r1/trees/model.pkl", "model"],
] as const) {
  test(`${source} is called ${stem}`, () => assert.is(stemOf(source), stem));
}

test.run();
