/** Managers are named as kubectl names itself, so that fields pass between the two tools without conflict. */
export const CREATE_MANAGER = 'kubectl-create';
