import type { PluginFactory } from '../../src/plugins/contract.js';

declare const factory: PluginFactory<unknown>;
export default factory;
