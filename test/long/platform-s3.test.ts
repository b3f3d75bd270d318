import { platformSuite } from '../services/platform.contract.js';
import { needsObjectStore, newBucket } from './needs-server.js';

const server = needsObjectStore();

platformSuite('the platform on a bucket (TEST_S3_URL)', async () => {
  const bucket = await newBucket(server);
  return { UNDERTONE_STORAGE_URL: `s3://${bucket}`, UNDERTONE_STORAGE_ENDPOINT: server.endpoint, UNDERTONE_STORAGE_ACCESS_KEY: server.credentials.accessKeyId, UNDERTONE_STORAGE_SECRET_KEY: server.credentials.secretAccessKey };
});
