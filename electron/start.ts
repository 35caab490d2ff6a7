import { spawn } from 'node:child_process'
import { FailureError, inEnglish } from './contract/index.ts'
import { electronBinary } from './launch/electronBinary.ts'
import { applySettings } from './launch/settings.ts'
import { readyMessage } from './launch/shellMark.ts'
import { sibling } from './threads/index.ts'
import { openedBy, serve } from './serve.ts'

/**
 * `npm start`: opens the desktop window if possible, otherwise serves the same app for a browser. Arguments: [slide or project].
 */
async function start(file: string | undefined): Promise<void> {
  const reason = await openWindow(file)
  if (reason === undefined) return
  process.stdout.write(`No desktop window (${reason}): the same app is served for your browser instead.\n`)
  const complaint = applySettings() // the desktop's own processes read them themselves
  if (complaint) process.stdout.write(`${inEnglish(complaint)}\n`)
  await serve(openedBy(file))
}

/** Runs Electron until it ends. Returns why no window appeared, or undefined if one did. */
async function openWindow(file: string | undefined): Promise<string | undefined> {
  const electron = electronBinary()
  if ('missing' in electron) return electron.missing
  const shell = spawn(electron.path, [sibling(import.meta.url, './main'), ...(file === undefined ? [] : [file])], {
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  let isUp = false
  let complaints = ''
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes(readyMessage)) isUp = true
    process.stdout.write(text)
  })
  // Chromium's own complaints matter only once the window is up.
  shell.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (isUp ? process.stderr.write(text) : (complaints += text)))
  const [code, failed] = await new Promise<[number | null, Error | undefined]>((resolve) => {
    shell.once('error', (error) => resolve([null, error]))
    shell.once('close', (exit) => resolve([exit, undefined]))
  })
  if (isUp) {
    process.exitCode = code ?? 1
    return undefined
  }
  return (
    failed?.message ?? `Electron ended with code ${code}${complaints ? `: ${complaints.trim().split('\n')[0]}` : ''}`
  )
}

start(process.argv[2]).catch((error: unknown) => {
  if (!(error instanceof FailureError)) throw error
  process.stderr.write(`karyon: ${error.message}\n`)
  process.exit(1)
})
