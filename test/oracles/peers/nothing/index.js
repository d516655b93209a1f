// In the place of the engines that run models: the tests need tokenizers only, and the engines are 500 MB.
module.exports = { Tensor: class {}, InferenceSession: class {}, env: { wasm: {}, webgpu: {} } };
