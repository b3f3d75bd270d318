import { Field, InputType } from 'type-graphql';
import type { RecordingOrder } from '../domain/records.js';
import type { UploadInput } from '../services/service-contracts.js';
import { RecordingOrderFieldEnum, SortDirectionEnum } from './enums.type.js';
import { DateTime } from './scalars.js';

@InputType({ description: 'What is known about a recording when it is uploaded.' })
export class UploadRecordingInput implements UploadInput {
  @Field(() => String, { nullable: true, description: 'Title for people.' })
  title?: string | null;
  @Field(() => String, { nullable: true, description: 'Your own id of the recording.' })
  externalId?: string | null;
  @Field(() => String, { nullable: true, description: 'Language tag (BCP 47).' })
  language?: string | null;
  @Field(() => [String], { nullable: true, description: 'Tags to filter by.' })
  tags?: string[] | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was recorded.' })
  recordedAt?: Date | null;
  @Field(() => String, { nullable: true, description: 'Expected SHA-256 of the bytes, hex; another one is refused with UPLOAD_DIGEST_MISMATCH.' })
  sha256?: string | null;
}

@InputType('RecordingFilter', { description: 'Conditions on recordings; all that are given must hold.' })
export class RecordingFilterInput {
  @Field(() => String, { nullable: true, description: 'Has this tag.' })
  tag?: string | null;
  @Field(() => String, { nullable: true, description: 'Has this id of yours.' })
  externalId?: string | null;
  @Field(() => String, { nullable: true, description: 'Part of the title or file name, in any case.' })
  search?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'Uploaded at or after.' })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Uploaded before.' })
  createdBefore?: Date | null;
  @Field(() => String, { nullable: true, description: 'Label of the newest finished analysis.' })
  label?: string | null;
}

@InputType('RecordingOrder', { description: 'Order of recordings.' })
export class RecordingOrderInput implements RecordingOrder {
  @Field(() => RecordingOrderFieldEnum, { description: 'What to sort by.' })
  field!: RecordingOrder['field'];
  @Field(() => SortDirectionEnum, { description: 'Which way.' })
  direction!: RecordingOrder['direction'];
}

export const NEWEST_FIRST: RecordingOrder = { field: 'createdAt', direction: 'desc' };
