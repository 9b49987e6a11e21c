import java.nio.file.Files;
import java.nio.file.Path;

import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.configuration.connectors.ConnectorType;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.kernel.internal.GraphDatabaseAPI;

/**
 * Runs Neo4j Community for the tests: Bolt on a port of the loopback, a free one unless noteatlas.port says which,
 * logins required, data below a folder.
 *
 * <p>Arguments: the folder, and a file into which the port is written once the server answers. It stops when its
 * standard input ends, and so also when the program that started it is killed.
 */
final class StartServer {

    private static final long MEBIBYTE = 1L << 20;
    private static final long PAGE_CACHE = Long.getLong("noteatlas.pagecache.mebibytes", 64);
    private static final int PORT = Integer.getInteger("noteatlas.port", 0);

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path portFile = Path.of(arguments[1]);
        DatabaseManagementService server = start(folder);
        try {
            // Whoever waits for the file must never see it half written.
            Path draft = Files.writeString(portFile.resolveSibling("port.draft"), Integer.toString(boltPort(server)));
            Files.move(draft, portFile);
            while (System.in.read() >= 0) {
                // Nothing is expected to arrive; the end of the input is the signal.
            }
        } finally {
            server.shutdown();
        }
    }

    private static DatabaseManagementService start(Path folder) {
        return new DatabaseManagementServiceBuilder(folder)
                .setConfig(GraphDatabaseSettings.auth_enabled, true)
                // A test of a wrong password must not lock the user out for the tests after it.
                .setConfig(GraphDatabaseSettings.auth_max_failed_attempts, 0)
                .setConfig(GraphDatabaseSettings.pagecache_memory, PAGE_CACHE * MEBIBYTE)
                .setConfig(GraphDatabaseSettings.preallocate_logical_logs, false)
                .setConfig(BoltConnector.enabled, true)
                .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", PORT))
                .build();
    }

    private static int boltPort(DatabaseManagementService server) {
        GraphDatabaseAPI database = (GraphDatabaseAPI) server.database(GraphDatabaseSettings.DEFAULT_DATABASE_NAME);
        ConnectorPortRegister ports = database.getDependencyResolver().resolveDependency(ConnectorPortRegister.class);
        return ports.getLocalAddress(ConnectorType.BOLT).getPort();
    }
}
