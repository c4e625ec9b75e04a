//! Starts the language server `stockade` in Zed: the one that settings name, else the one on the PATH.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree, serde_json};

struct Stockade;

impl zed::Extension for Stockade {
    fn new() -> Self {
        Stockade
    }

    fn language_server_command(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(id.as_ref(), worktree)
            .ok()
            .and_then(|settings| settings.binary);
        let chosen = binary.as_ref().and_then(|binary| binary.path.clone());
        let command = chosen
            .or_else(|| worktree.which("stockade"))
            .ok_or("stockade is not on the PATH; install it, or name it in lsp.stockade.binary.path of Zed's settings")?;
        let args = binary.and_then(|binary| binary.arguments);
        Ok(Command {
            command,
            args: args.unwrap_or_else(|| vec!["lsp".to_owned()]),
            env: worktree.shell_env(),
        })
    }

    fn language_server_initialization_options(
        &mut self,
        id: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<serde_json::Value>> {
        let settings = LspSettings::for_worktree(id.as_ref(), worktree).ok();
        Ok(settings.and_then(|settings| settings.initialization_options))
    }
}

zed::register_extension!(Stockade);
