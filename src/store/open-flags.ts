// Flags of open(2), by what is opened. Windows lacks three of them and takes 0 for each: who needs what they do looks at
// what is opened there.
import { constants } from "node:fs";

/** A link in the place of the file or folder is not followed: opening it fails. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** A pipe in the place of the file or folder does not hang the open. */
export const NON_BLOCKING = constants.O_NONBLOCK ?? 0;

/** To read a file. */
export const READ_FLAGS = constants.O_RDONLY | NON_BLOCKING;

/** To write a file that must not be there yet. */
export const NEW_FILE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;

/** To flush a folder, or to ask for its attributes. */
export const FOLDER_FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | NON_BLOCKING;
