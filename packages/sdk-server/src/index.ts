export { ApiError, type ApiErrorFacts, type ClientErrorCode } from './api-error.ts';
export {
  type Client,
  type ClientOptions,
  createClient,
  type FileHead,
  type FileRange,
  type FileUpload,
  type ListQuery,
  type StartOptions,
  type StartRequest,
} from './client.ts';
