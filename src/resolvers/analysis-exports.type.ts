import { Field, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'A finished analysis as files: paths on this server, links that work without a header for an hour. Before it has succeeded they answer 409 with CONFLICT.' })
export class AnalysisExports {
  @Field(() => String, { description: 'The object that `undertone analyze --json` prints.' })
  jsonUrl!: string;
  @Field(() => String, { description: 'A table as `undertone analyze --csv` prints it: the whole, then a line a segment.' })
  csvUrl!: string;
  @Field(() => String, { description: 'The picture that `undertone analyze --plot` draws: waveform, speech, speakers, emotions over time, warnings.' })
  svgUrl!: string;
}
