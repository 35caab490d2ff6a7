export type NoticeLevel = 'info' | 'warning' | 'error'
export interface Notice {
  id: number
  level: NoticeLevel
  message: string
}
