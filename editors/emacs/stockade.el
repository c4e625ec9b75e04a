;;; stockade.el --- Security findings for Terraform while you type  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, tools
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Registers the language server `stockade' with eglot and with lsp-mode, whichever is there.
;; With eglot: (require 'stockade), then M-x eglot in a Terraform buffer.
;; With lsp-mode it is an add-on: it runs beside terraform-ls.

;;; Code:

(defgroup stockade nil
  "Security findings for Terraform and OpenTofu."
  :group 'tools)

(defcustom stockade-command '("stockade" "lsp")
  "The server and its arguments."
  :type '(repeat string))

(defcustom stockade-options nil
  "What the server is told when it starts, as a plist.
`:syntaxErrors t' shows syntax errors, `:publish \"workspace\"' the findings of all files."
  :type 'plist)

(defconst stockade-modes '(terraform-mode terraform-ts-mode hcl-mode)
  "The modes whose buffers are configuration.")

(with-eval-after-load 'eglot
  (defvar eglot-server-programs)
  (dolist (mode stockade-modes)
    (add-to-list 'eglot-server-programs
                 (cons mode (if stockade-options
                                (append stockade-command (list :initializationOptions stockade-options))
                              stockade-command)))))

(with-eval-after-load 'lsp-mode
  (declare-function lsp-register-client "lsp-mode")
  (declare-function make-lsp-client "lsp-mode")
  (declare-function lsp-stdio-connection "lsp-mode")
  (declare-function lsp-activate-on "lsp-mode")
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (lambda () stockade-command))
                    :major-modes stockade-modes
                    :initialization-options (lambda () stockade-options)
                    :add-on? t
                    :server-id 'stockade)))

(provide 'stockade)
;;; stockade.el ends here
