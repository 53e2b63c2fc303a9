//! The dotted path of the parameter that a module visitor or mapper is at.

/// A stack of field names, kept by `enter_module` and `exit_module`.
#[derive(Debug, Clone, Default)]
pub struct ModulePath(Vec<String>);

impl ModulePath {
    pub fn enter(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    pub fn exit(&mut self) {
        self.0.pop();
    }

    /// For example `layers.3.attention.qkv.weight`.
    pub fn joined(&self) -> String {
        self.0.join(".")
    }
}
