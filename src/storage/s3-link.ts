import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { DownloadLink } from './blob-store.js';
import type { S3Bucket } from './s3-bucket.js';
import { onS3 } from './s3-errors.js';

/** As signatures of AWS spell what a query holds: stricter than encodeURIComponent. */
const escaped = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

interface SignableRequest {
  readonly headers: Record<string, string>;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
}

/** A presigned address of one object, made by the SDK's own signer where the request would have been sent. */
export async function presignedUrl(bucket: S3Bucket, key: string, { expiresInSeconds, contentType, contentDisposition }: DownloadLink): Promise<string> {
  const command = new GetObjectCommand({ ...bucket.objectOf(key), ResponseContentType: contentType, ResponseContentDisposition: contentDisposition });
  let url = '';
  command.middlewareStack.add(
    () => async ({ request }) => {
      const given = request as SignableRequest;
      // A browser sends none of the SDK's headers, so none may be part of the signature; the last one moves into the address.
      const bare = { ...given, headers: { host: given.headers['host'] ?? given.hostname, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } };
      const signer = await bucket.client.config.signer();
      const signed = (await (signer as unknown as { presign(request: SignableRequest, options: { expiresIn: number }): Promise<SignableRequest> }).presign(bare, { expiresIn: expiresInSeconds }));
      const query = Object.entries(signed.query ?? {}).flatMap(([name, value]) => [value].flat().map((one) => `${escaped(name)}=${escaped(one ?? '')}`));
      url = `${signed.protocol}//${signed.hostname}${signed.port === undefined ? '' : `:${signed.port}`}${signed.path}?${query.join('&')}`;
      return { response: {}, output: { $metadata: {} } };
    },
    { step: 'finalizeRequest', priority: 'high', name: 'presignInsteadOfSending' },
  );
  await onS3(() => bucket.client.send(command));
  return url;
}
