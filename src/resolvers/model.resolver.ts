import { Arg, Ctx, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { FleetModelStatus } from '../services/model-directory.js';
import { leavable } from './leavable.js';
import { ModelType } from './model.type.js';
import { modelView } from './model.view.js';
import type { Plain } from './plain.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { LOAD_MODEL, LoadModelResult } from './results.type.js';

@Resolver(() => ModelType)
export class ModelResolver {
  @Query(() => [ModelType], { description: 'The models that are installed.' })
  models(@Ctx() context: RequestContext): Plain<ModelType>[] {
    return context.services.models.list(context.principal).map(modelView);
  }

  @Mutation(() => LoadModelResult, { description: 'Starts the process of a model on every node that takes jobs for it, so that the next request finds it warm.' })
  loadModel(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the model.' }) id: string): Promise<Plain<ModelType> | Problem> {
    return orProblem(LOAD_MODEL, async () => modelView(await context.services.models.load(context.principal, id)));
  }

  @Mutation(() => LoadModelResult, { description: 'Ends the processes of a model, which gives their memory back.' })
  unloadModel(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the model.' }) id: string): Promise<Plain<ModelType> | Problem> {
    return orProblem(LOAD_MODEL, async () => modelView(await context.services.models.unload(context.principal, id)));
  }

  @Subscription(() => ModelType, {
    description: 'Every change of the state of any model.',
    subscribe: ({ context }: { context: RequestContext }) => leavable(context, (signal) => context.services.models.stateChanges(context.principal, signal)),
  })
  modelStateChanged(@Root() status: FleetModelStatus): Plain<ModelType> {
    return modelView(status);
  }
}
