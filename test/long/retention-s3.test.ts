import { createS3Store } from '../../src/storage/s3-store.js';
import { retentionSuite } from '../services/retention.contract.js';
import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { needsObjectStore, newBucket } from './needs-server.js';

const server = needsObjectStore();

// Recordings and their archives: written, read back, verified and restored by way of the bucket.
retentionSuite('a bucket (TEST_S3_URL)', openEmbeddedTestDatabase, async (temporaryDir) =>
  createS3Store({ bucket: await newBucket(server), prefix: 'data/', endpoint: server.endpoint, credentials: server.credentials, region: 'us-east-1', pathStyle: true, encryption: null, kmsKeyId: null, temporaryDir, minFreeBytes: 0 }));
