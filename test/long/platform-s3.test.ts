import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { platformSuite } from '../services/platform.contract.js';
import { needsObjectStore } from './needs-server.js';

const { endpoint, credentials } = needsObjectStore();

platformSuite('the platform on a bucket (TEST_S3_URL)', async () => {
  const bucket = `undertone-${randomBytes(6).toString('hex')}`;
  await new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }));
  return { UNDERTONE_STORAGE_URL: `s3://${bucket}`, UNDERTONE_STORAGE_ENDPOINT: endpoint, UNDERTONE_STORAGE_ACCESS_KEY: credentials.accessKeyId, UNDERTONE_STORAGE_SECRET_KEY: credentials.secretAccessKey };
});
