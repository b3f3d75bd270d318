import { platformSuite } from './platform.contract.js';

platformSuite('the platform on its embedded database', () => Promise.resolve({}));
