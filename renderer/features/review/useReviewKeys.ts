import { onCommand } from '../../keys/index.ts'
import { useReview } from './store.ts'

/** Registers the keys of the gallery and the film strip. */
export function useReviewKeys(): void {
  const review = useReview()
  onCommand('next', () => review.go(review.at + 1))
  onCommand('previous', () => review.go(review.at - 1))
  onCommand('agree', review.agree)
  onCommand('back', review.back)
  onCommand('listSelected', () => void review.listSelected())
  onCommand('listUnsure', () => void review.listUnsure())
}
