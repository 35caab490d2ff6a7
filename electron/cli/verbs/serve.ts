import { InvalidArgumentError } from 'commander'
import { FailureError } from '../../contract/index.ts'
import { serve as serveKaryon, type ServeOptions } from '../../serve.ts'
import { slideMpp } from '../options.ts'
import type { Verb } from '../verb.ts'

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('It must be a number from 0 to 65535.')
  return value
}

function mpp(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number of µm per pixel, such as 0.25.')
  return value
}

export const serve: Verb = (program) => {
  program
    .command('serve')
    .description('serve Karyon for a browser on this machine; prints a link that opens once')
    .argument('[slide]', 'slide to open')
    .option('--port <n>', 'port at 127.0.0.1 (default: any free one)', port)
    .option('--project <file>', 'project file (*.karyon); made where it is not there')
    .option('--mpp <m>', slideMpp, mpp)
    .option('--demo', 'work through the demo slide, though there are projects (without arguments: the last project)')
    .action(async (slide: string | undefined, options: Omit<ServeOptions, 'slide'>) => {
      try {
        await serveKaryon({ ...options, slide })
      } catch (error) {
        if (!(error instanceof FailureError)) throw error
        process.stderr.write(`karyon: ${error.message}\n`)
        process.exit(1)
      }
    })
}
