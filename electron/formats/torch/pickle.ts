import { message, type Message } from '../../contract/index.ts'
import type { Cursor } from './file.ts'
import { construct, globalNamed, MalformedArguments } from './globals.ts'
import { PyGlobal, PyObject, TorchTensor, type PyValue } from './values.ts'

/** Checkpoints hold no longer integers: torch's magic number, the longest, has ten bytes. */
const maxIntegerBytes = 64

/**
 * Reads one pickle into inert data and moves the cursor past it. Reads the operations of protocols 2 to 5 that torch
 * writes.
 *
 * @param persistent returns the value for a persistent id, which is how torch refers to its storages
 * @throws FailureError 'unreadable' if the pickle is damaged, 'unsupported' if it asks for code
 */
export function unpickle(cursor: Cursor, persistent: (id: PyValue) => PyValue): PyValue {
  const { file } = cursor
  const stack: PyValue[] = []
  const marks: number[] = []
  const memo = new Map<number, PyValue>()

  const broken = (why: Message = message('pickleUnsound', { byte: cursor.position })): never => file.failDamaged(why)
  const pop = (): PyValue => {
    if (stack.length <= (marks.at(-1) ?? 0)) broken()
    return stack.pop()!
  }
  const top = (): PyValue => {
    if (stack.length <= (marks.at(-1) ?? 0)) broken()
    return stack[stack.length - 1]
  }
  const popMark = (): PyValue[] => {
    const mark = marks.pop()
    return mark === undefined ? broken() : stack.splice(mark)
  }
  const recall = (index: number): PyValue => {
    const value = memo.get(index)
    return value === undefined ? broken() : value
  }
  const integer = (length: number): PyValue => {
    if (length > maxIntegerBytes) broken()
    let value = 0n
    for (const byte of cursor.take(length).toReversed()) value = (value << 8n) | BigInt(byte)
    value = BigInt.asIntN(8 * length, value)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  const make = (called: PyValue, args: PyValue): PyValue => {
    if (!(called instanceof PyGlobal)) return broken()
    if (!Array.isArray(args)) return broken()
    try {
      return construct(called, args)
    } catch (error) {
      if (error instanceof MalformedArguments) broken(message('pickleArguments', { name: called.name }))
      throw error
    }
  }
  const setItems = (pairs: PyValue[]): void => {
    const target = top()
    if (pairs.length % 2 !== 0 || !(target instanceof Map || target instanceof PyObject)) broken()
    if (!(target instanceof Map)) return
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1])
  }
  const append = (items: PyValue[]): void => {
    const target = top()
    if (Array.isArray(target)) for (const item of items) target.push(item)
    else if (target instanceof Set) for (const item of items) target.add(item)
    else if (!(target instanceof PyObject)) broken()
  }
  const build = (): void => {
    const state = pop()
    const target = top()
    // Attributes of dictionaries and tensors, such as `_metadata`, are not needed.
    if (target instanceof PyObject) target.state = Array.isArray(state) && state[0] instanceof Map ? state[0] : state
    else if (!(target instanceof Map || target instanceof TorchTensor)) broken()
  }

  for (;;) {
    const opcode = cursor.byte()
    switch (opcode) {
      case 0x80: // PROTO
        if (cursor.byte() > 5) broken(message('pickleProtocol'))
        break
      case 0x95: // FRAME
        cursor.take(8)
        break
      case 0x2e: // STOP
        if (marks.length > 0 || stack.length !== 1) broken()
        return stack[0]
      case 0x28: // MARK
        marks.push(stack.length)
        break
      case 0x30: // POP
        if (stack.length === (marks.at(-1) ?? 0)) popMark()
        else pop()
        break
      case 0x31: // POP_MARK
        popMark()
        break
      case 0x32: // DUP
        stack.push(top())
        break
      case 0x4e: // NONE
        stack.push(null)
        break
      case 0x88: // NEWTRUE
        stack.push(true)
        break
      case 0x89: // NEWFALSE
        stack.push(false)
        break
      case 0x4a: // BININT
        stack.push(cursor.unsigned(4) | 0)
        break
      case 0x4b: // BININT1
        stack.push(cursor.byte())
        break
      case 0x4d: // BININT2
        stack.push(cursor.unsigned(2))
        break
      case 0x8a: // LONG1
        stack.push(integer(cursor.byte()))
        break
      case 0x8b: // LONG4
        stack.push(integer(cursor.unsigned(4)))
        break
      case 0x47: {
        // BINFLOAT: the only number in big-endian order
        const bytes = cursor.take(8)
        stack.push(new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0))
        break
      }
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING: text from Python 2
        stack.push(cursor.text(cursor.byte()))
        break
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        stack.push(cursor.text(cursor.unsigned(4)))
        break
      case 0x8d: // BINUNICODE8
        stack.push(cursor.text(cursor.unsigned(8)))
        break
      case 0x43: // SHORT_BINBYTES
        stack.push(cursor.take(cursor.byte()).slice())
        break
      case 0x42: // BINBYTES
        stack.push(cursor.take(cursor.unsigned(4)).slice())
        break
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(cursor.take(cursor.unsigned(8)).slice())
        break
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([])
        break
      case 0x74: // TUPLE
      case 0x6c: // LIST
        stack.push(popMark())
        break
      case 0x85: // TUPLE1
        stack.push([pop()])
        break
      case 0x86: // TUPLE2
        stack.push([pop(), pop()].reverse())
        break
      case 0x87: // TUPLE3
        stack.push([pop(), pop(), pop()].reverse())
        break
      case 0x61: // APPEND
        append([pop()])
        break
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        append(popMark())
        break
      case 0x7d: // EMPTY_DICT
        stack.push(new Map())
        break
      case 0x73: // SETITEM
        setItems([pop(), pop()].reverse())
        break
      case 0x75: // SETITEMS
        setItems(popMark())
        break
      case 0x8f: // EMPTY_SET
        stack.push(new Set())
        break
      case 0x91: // FROZENSET
        stack.push(new Set(popMark()))
        break
      case 0x71: // BINPUT
        memo.set(cursor.byte(), top())
        break
      case 0x72: // LONG_BINPUT
        memo.set(cursor.unsigned(4), top())
        break
      case 0x94: // MEMOIZE
        memo.set(memo.size, top())
        break
      case 0x68: // BINGET
        stack.push(recall(cursor.byte()))
        break
      case 0x6a: // LONG_BINGET
        stack.push(recall(cursor.unsigned(4)))
        break
      case 0x63: // GLOBAL
        stack.push(globalNamed(file.path, cursor.line(), cursor.line()))
        break
      case 0x93: {
        // STACK_GLOBAL
        const [name, module] = [pop(), pop()]
        if (typeof name !== 'string' || typeof module !== 'string') return broken()
        stack.push(globalNamed(file.path, module, name))
        break
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = pop()
        stack.push(make(pop(), args))
        break
      }
      case 0x92: {
        // NEWOBJ_EX: keyword arguments are not kept
        pop()
        const args = pop()
        stack.push(make(pop(), args))
        break
      }
      case 0x62: // BUILD
        build()
        break
      case 0x51: // BINPERSID
        stack.push(persistent(pop()))
        break
      default:
        broken(message('pickleOperation', { code: `0x${opcode.toString(16)}` }))
    }
  }
}
